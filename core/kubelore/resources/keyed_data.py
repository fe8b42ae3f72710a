"""ConfigMaps and Secrets as manifests write them: bytes by key."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kubelore.resources.base import ResourceKey
from kubelore.resources.validation import FieldProblem, InvalidManifestError

CONFIG_MAP = "ConfigMap"
SECRET = "Secret"  # noqa: S105 - a kind's name

_ENCODED_FIELD = {CONFIG_MAP: "binaryData", SECRET: "data"}
_PLAIN_FIELD = {CONFIG_MAP: "data", SECRET: "stringData"}


@dataclass(frozen=True, slots=True)
class KeyedData:
    """A ConfigMap or a Secret."""

    key: ResourceKey
    values: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"KeyedData({self.key}, keys={sorted(self.values)})"


def parse_keyed_data(key: ResourceKey, document: Mapping[str, Any]) -> KeyedData:
    """Read a ConfigMap or a Secret; a plain value wins over an encoded one, as in Kubernetes.

    Raises InvalidManifestError.
    """
    encoded = _entries(document, _ENCODED_FIELD[key.kind], _from_base64)
    plain = _entries(document, _PLAIN_FIELD[key.kind], str.encode)
    return KeyedData(key, {**encoded, **plain})


def _entries(document: Mapping[str, Any], field: str, decode: Callable[[str], bytes]) -> dict[str, bytes]:
    entries = document.get(field) or {}
    if not isinstance(entries, dict):
        raise InvalidManifestError([FieldProblem(field, "must be an object")])
    return {str(name): _decoded(f"{field}.{name}", value, decode) for name, value in entries.items()}


def _decoded(field: str, value: Any, decode: Callable[[str], bytes]) -> bytes:
    if not isinstance(value, str):
        raise InvalidManifestError([FieldProblem(field, "must be a string; put it in quotes")])
    try:
        return decode(value)
    except binascii.Error as error:
        raise InvalidManifestError([FieldProblem(field, "must be base64")]) from error


def _from_base64(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)
