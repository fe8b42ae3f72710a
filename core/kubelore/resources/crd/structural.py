"""Turns a model into a structural schema, the part of OpenAPI v3 that the API server takes in a CRD."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, NoDefault
from pydantic_core import core_schema

from kubelore.resources.rules import VALIDATIONS

Schema = dict[str, Any]
Definitions = Mapping[str, Schema]

_SCALAR_KEYWORDS = frozenset(
    {
        "anyOf",
        "enum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "required",
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields",
        VALIDATIONS,
    }
)
_TREATED_KEYWORDS = frozenset({"additionalProperties", "default", "description", "items", "properties", "title"})
_DEFINITION = "#/$defs/"


class UnsupportedSchemaError(ValueError):
    """A model uses what no structural schema can say."""


def structural_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of a model with every reference replaced by what it refers to.

    Raises UnsupportedSchemaError with the place in the model and the keyword.
    """
    schema = model.model_json_schema(schema_generator=_WithoutNull)
    return _structural(schema, schema.get("$defs", {}), model.__name__)


def without_defaults(schema: Schema) -> Schema:
    """Return the schema without defaults at any depth; in a status, what nobody reported must not appear."""
    bare = {keyword: value for keyword, value in schema.items() if keyword != "default"}
    for keyword in ("items", "additionalProperties"):
        if keyword in bare:
            bare[keyword] = without_defaults(bare[keyword])
    if "properties" in bare:
        bare["properties"] = {name: without_defaults(field) for name, field in bare["properties"].items()}
    return bare


class _WithoutNull(GenerateJsonSchema):
    """JSON Schema without null, which the API server takes for unset, and with the defaults that functions make."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        literal = super().literal_schema(schema)
        return {"enum": [literal.pop("const")], **literal} if "const" in literal else literal

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        factory = schema.get("default_factory")
        default = schema.get("default", NoDefault) if factory is None else factory()  # type: ignore[call-arg] # ours take no data
        return NoDefault if default is None else default

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, BaseModel):
            return _without_empty(dft.model_dump(mode="json", by_alias=True, exclude_none=True))
        return super().encode_default(dft)


def _structural(schema: Schema, definitions: Definitions, place: str) -> Schema:
    schema = _resolved(schema, definitions)
    _refuse_unsupported(schema, place)
    result = {keyword: value for keyword, value in schema.items() if keyword in _SCALAR_KEYWORDS}
    if "description" in schema:
        result["description"] = _for_users(schema["description"])
    if _says_something(schema):
        result["default"] = schema["default"]
    if result.get("type") == "array":
        result.setdefault("x-kubernetes-list-type", "atomic")
    return result | _children(schema, definitions, place)


def _for_users(docstring: str) -> str:
    """Return the first paragraph in one line; what follows in a docstring is for who reads the code."""
    first_paragraph, _, _ = docstring.partition("\n\n")
    return " ".join(first_paragraph.split())


def _children(schema: Schema, definitions: Definitions, place: str) -> Schema:
    children: Schema = {}
    if "properties" in schema:
        children["properties"] = {
            name: _structural(field, definitions, f"{place}.{name}") for name, field in schema["properties"].items()
        }
    if "items" in schema:
        children["items"] = _structural(schema["items"], definitions, f"{place}[]")
    if schema.get("additionalProperties"):
        children["additionalProperties"] = _structural(schema["additionalProperties"], definitions, f"{place}.*")
    return children


def _resolved(schema: Schema, definitions: Definitions) -> Schema:
    if "$ref" not in schema:
        return schema
    target = definitions[schema["$ref"].removeprefix(_DEFINITION)]
    beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    rules = [*target.get(VALIDATIONS, ()), *beside.get(VALIDATIONS, ())]
    return _resolved({**target, **beside, **({VALIDATIONS: rules} if rules else {})}, definitions)


def _refuse_unsupported(schema: Schema, place: str) -> None:
    unsupported = schema.keys() - _SCALAR_KEYWORDS - _TREATED_KEYWORDS - {"$defs"}
    if "anyOf" in schema and not schema.get("x-kubernetes-int-or-string"):
        unsupported |= {"anyOf"}
    if unsupported:
        raise UnsupportedSchemaError(f"{place}: a structural schema can't say {', '.join(sorted(unsupported))}")


def _says_something(schema: Schema) -> bool:
    """Say whether the default adds to what the absence of the field says; an object's fills the fields in it."""
    return "default" in schema and ("properties" in schema or not _is_empty(schema["default"]))


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an absent field says as well.

    What is left is all there: the API server checks an object's default by its rules before it fills in the
    defaults of the fields in it.
    """
    kept = {name: _without_empty(value) if isinstance(value, dict) else value for name, value in fields.items()}
    return {name: value for name, value in kept.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value in ("", [], {})
