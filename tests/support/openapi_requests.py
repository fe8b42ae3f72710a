"""Requests to every route of an application, made from its own description."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_PARAMETER = re.compile(r"{(\w+)}")
_BOUNDARY = "boundary"
_WANTED = frozenset({"tenant", "knowledge_base", "previous_response_id", "tools"})
"""Fields that are sent though nobody must: something may be reached through them."""
_QUESTIONS = frozenset({"query", "content", "text", "input"})
_MOST_LEVELS = 6

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of one route, with what each of its parameters and fields may be."""

    method: str
    path: str
    body: Json = field(default_factory=dict)
    schemas: Json = field(default_factory=dict)

    def requests(self, values: Mapping[str, Sequence[str]], rest: Sequence[str]) -> Iterator["Sent"]:
        """Yield a request for each combination of values; names that aren't listed take the rest."""
        names = _PARAMETER.findall(self.path)
        choices = [values.get(name, rest) for name in names]
        for chosen in itertools.product(*choices):
            path = self.path
            for name, value in zip(names, chosen, strict=True):
                path = path.replace(f"{{{name}}}", value)
            for value in rest if self.body else rest[:1]:
                yield Sent(self.method, path, *self._content(value))

    def _content(self, value: str) -> tuple[bytes | None, Mapping[str, str]]:
        if not self.body:
            return None, {}
        if "multipart/form-data" in self.body:
            return _form(value), {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        example = self._example("", self.body["application/json"]["schema"], value, 0)
        return json.dumps(example).encode(), {"Content-Type": "application/json"}

    def _example(self, name: str, schema: Json, value: str, level: int) -> Any:
        if other := self._other(schema):
            return self._example(name, other, value, level + 1)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        plain = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": False}
        match schema.get("type"):
            case "object":
                return self._object(schema, value, level)
            case "array":
                return [self._example(name, schema.get("items", {}), value, level + 1)]
            case kind:
                return plain.get(kind or "", "office" if name in _QUESTIONS else value)

    def _other(self, schema: Json) -> Json | None:
        """Return the schema that this one stands for: the one it names, or the first of those that it lists."""
        if "$ref" in schema:
            named: Json = self.schemas[schema["$ref"].rpartition("/")[2]]
            return named
        listed = [schema[several][0] for several in ("anyOf", "oneOf", "allOf") if several in schema]
        return listed[0] if listed else None

    def _object(self, schema: Json, value: str, level: int) -> dict[str, Any]:
        wanted = set(schema.get("required", ())) | (_WANTED if level < _MOST_LEVELS else set())
        properties = schema.get("properties", {})
        return {name: self._example(name, properties[name], value, level + 1) for name in properties if name in wanted}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, ready to be sent."""

    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]


def operations(description: Json) -> list[Operation]:
    """Return every operation of an OpenAPI description."""
    schemas = description.get("components", {}).get("schemas", {})
    return [
        Operation(method.upper(), path, operation.get("requestBody", {}).get("content", {}), schemas)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def _form(value: str) -> bytes:
    fields = {'name="knowledge_base"': value, 'name="purpose"': "assistants", 'name="file"; filename="own.md"': "# Own"}
    begin = f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
    parts = [f"{begin}{name}\r\n\r\n{text}\r\n" for name, text in fields.items()]
    return "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
