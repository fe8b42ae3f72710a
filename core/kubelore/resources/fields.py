"""The types of single fields that the resources share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from kubelore.resources.rules import Rule, matching

DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
DNS_SUBDOMAIN = rf"{DNS_LABEL}(\.{DNS_LABEL})*"

DnsLabel = Annotated[
    str,
    Field(min_length=1, max_length=63),
    matching(DNS_LABEL, "must be lower-case letters, digits and -, beginning and ending with a letter or digit"),
]
DnsSubdomain = Annotated[
    str,
    Field(min_length=1, max_length=253),
    matching(DNS_SUBDOMAIN, "must be lower-case letters, digits, - and ., beginning and ending with a letter or digit"),
]
WebAddress = Annotated[
    str,
    Field(max_length=2048),
    matching(
        r"https?://[^/?#@ \t\n]+([/?#][^ \t\n]*)?",
        "must be an http:// or https:// address without a user name, a password or spaces",
    ),
]
"""Credentials belong into a Secret, so an address can't hold them."""

TenantName = Annotated[
    str,
    Field(max_length=128),
    matching(
        "[A-Za-z0-9]([A-Za-z0-9_.@-]*[A-Za-z0-9])?",
        "must be letters, digits and _ . @ -, beginning and ending with a letter or digit",
    ),
]

_QUANTITY = re.compile(r"[0-9]+(\.[0-9]*)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?", re.ASCII)


def _whole_number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Quantity = Annotated[
    str,
    BeforeValidator(_whole_number_as_text),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
    Rule(
        cel="type(self) == int ? self >= 0 : isQuantity(self) && '0' <= self && self < ':'",
        message="must be a quantity of zero or more, such as 500m, 2 or 4Gi",
        holds=lambda text: _QUANTITY.fullmatch(text) is not None,
    ),
]
"""A Kubernetes quantity, by the grammar of apimachinery's resource.Quantity, but for a sign or a point before it.

The API server's own parser takes `Gi`, without any digit, for zero. What sorts between `0` and `:` begins with a
digit; the API server's estimate of costs lets no regular expression look at a text of unknown length.
"""

FreeForm = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""A piece of a pod's spec that is passed through as it is; the API server checks it on the child."""


@dataclass(frozen=True, slots=True)
class Unique:
    """Marks a list that holds nothing twice: no item, or no two items with the same `key`.

    Server-side apply merges such a list item by item.
    """

    key: str | None = None

    def check(self, items: Sequence[Any]) -> Sequence[Any]:
        """Return the items; raises ValueError that names the first one that is there twice."""
        names = [item if self.key is None else getattr(item, self.key) for item in items]
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise ValueError(f"must not hold {twice} twice")
        return items

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the annotated list after its type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell the API server, which checks it by itself."""
        if self.key is None:
            return {**handler(core), "x-kubernetes-list-type": "set"}
        return {**handler(core), "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [self.key]}
