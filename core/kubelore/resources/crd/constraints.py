"""Says in words what a schema asks of a value."""

from collections.abc import Iterator

from kubelore.resources.crd.structural import Schema
from kubelore.resources.rules import VALIDATIONS


def type_in_words(schema: Schema) -> str:
    """Return `list of string`, `quantity` and the like."""
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"
    if schema["type"] == "array":
        return f"list of {type_in_words(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {type_in_words(schema['additionalProperties'])}"
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return "free-form object"
    return str(schema["type"])


def constraints_in_words(schema: Schema) -> str:
    """Return everything that one field says about itself; what several fields say together is the object's rules."""
    return "; ".join(_constraints(schema))


def _constraints(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    yield from _range(schema, "minimum", "maximum", "")
    yield from _range(schema, "minLength", "maxLength", " characters")
    yield from _range(schema, "minItems", "maxItems", " items")
    yield from _range(schema, "minProperties", "maxProperties", " keys")
    if schema.get("x-kubernetes-list-type") == "set":
        yield "nothing twice"
    if schema.get("x-kubernetes-list-type") == "map":
        yield f"no {', '.join(f'`{key}`' for key in schema['x-kubernetes-list-map-keys'])} twice"
    if "properties" not in schema:
        yield from (rule["message"] for rule in schema.get(VALIDATIONS, ()))
    yield from _items(schema)


def _items(schema: Schema) -> Iterator[str]:
    for keyword in ("items", "additionalProperties"):
        each = schema.get(keyword, {})
        if each and "properties" not in each and (said := constraints_in_words(each)):
            yield f"each {said}"


def _range(schema: Schema, least: str, most: str, unit: str) -> Iterator[str]:
    if least in schema and most in schema:
        yield f"{schema[least]} to {schema[most]}{unit}"
    elif least in schema:
        yield f"at least {schema[least]}{unit}"
    elif most in schema:
        yield f"at most {schema[most]}{unit}"
