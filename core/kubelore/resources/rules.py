"""Demands on a resource that its types can't say, each checked with the same words by the API server and by Python."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """A demand: a CEL expression for the API server, the same check for Python.

    It stands in the annotation of the one field that it is about, or else among the `rules` of a model.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]

    def check(self, value: Any) -> Any:
        """Return the value; raises ValueError with the message where the demand is not met."""
        if not self.holds(value):
            raise ValueError(self.message)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the annotated field after its type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the rule to the annotated field's schema, which the CRD is generated from."""
        return with_rules(handler(core), (self,))


@dataclass(frozen=True, slots=True)
class Transition:
    """A demand on a change, which only the API server sees: a CEL expression over `self` and `oldSelf`.

    `field` is the path of the one that the API server is to name, below where the rule stands.
    """

    cel: str
    message: str
    field: str


def with_rules(
    schema: JsonSchemaValue, rules: Sequence[Rule], transitions: Sequence[Transition] = ()
) -> JsonSchemaValue:
    """Return the schema with the rules added to those that it has."""
    added = [{"rule": rule.cel, "message": rule.message} for rule in rules]
    added += [{"rule": each.cel, "message": each.message, "fieldPath": each.field} for each in transitions]
    return {**schema, VALIDATIONS: [*schema.get(VALIDATIONS, ()), *added]} if added else schema


def matching(pattern: str, message: str) -> Rule:
    """Demand that the whole of a text matches.

    The pattern must mean the same in RE2 and in Python: no classes such as word or space, no quote, no look-around.
    """
    whole = re.compile(pattern)
    return Rule(
        cel=f"self.matches(r'^(?:{pattern})$')", message=message, holds=lambda text: whole.fullmatch(text) is not None
    )


def name_matching(pattern: str, longest: int, message: str) -> Rule:
    """Demand that a whole resource's name matches, for what is named after it."""
    whole = re.compile(pattern)
    return Rule(
        cel=f"self.metadata.name.size() <= {longest} && self.metadata.name.matches(r'^(?:{pattern})$')",
        message=f"metadata.name must be {message}, at most {longest} characters",
        holds=lambda resource: (
            len(resource.metadata.name) <= longest and whole.fullmatch(resource.metadata.name) is not None
        ),
    )


def exactly_one_of(model_fields: tuple[str, ...], cel_fields: tuple[str, ...]) -> Rule:
    """Demand that exactly one of the fields is set."""
    terms = " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in cel_fields)
    return Rule(
        cel=f"{terms} == 1",
        message=f"exactly one of {', '.join(cel_fields)} must be set",
        holds=lambda model: count_set(*(getattr(model, name) for name in model_fields)) == 1,
    )


def count_set(*values: object) -> int:
    """Count what is not None."""
    return sum(value is not None for value in values)


def constant(field: str, message: str) -> Transition:
    """Demand that a field, given by its path such as `storage.vectorStore.uri`, stays as it was created, also unset."""
    new, old = (_presence(root, field) for root in ("self", "oldSelf"))
    return Transition(
        cel=f"({new}) == ({old}) && (!({new}) || self.{field} == oldSelf.{field})", message=message, field=f".{field}"
    )


def _presence(root: str, field: str) -> str:
    names = field.split(".")
    return " && ".join(f"has({root}.{'.'.join(names[:depth])})" for depth in range(1, len(names) + 1))
