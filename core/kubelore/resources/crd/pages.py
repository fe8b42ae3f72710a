"""Writes the reference page of each kind; `python -m kubelore.resources.crd.pages EXAMPLES FOLDER`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kubelore.resources.base import API_VERSION, Kind, Resource
from kubelore.resources.crd.constraints import constraints_in_words, type_in_words
from kubelore.resources.crd.definition import resource_schema
from kubelore.resources.crd.structural import Schema
from kubelore.resources.kinds import KINDS
from kubelore.resources.rules import VALIDATIONS

_NOTICE = "<!-- Generated from the models by `make docs`: change the models, or the examples, not this page. -->"
_HEADER = "| Field | Type | Default | Description | Constraints |\n|---|---|---|---|---|"
_DOCUMENT_END = "---\n"


def page_name(kind: Kind) -> str:
    """Return the file name of a kind's page."""
    return f"{kind.singular}.md"


def reference_page(model: type[Resource[Any, Any]], examples: str) -> str:
    """Return the page of a kind; each document of the YAML in `examples` is shown with its comment as it stands."""
    schema = resource_schema(model)
    spec, status = (schema["properties"][part] for part in ("spec", "status"))
    sections = [
        f"# {model.info.kind}",
        _NOTICE,
        f"{schema['description']} {_in_kubectl(model.info)}",
        "## Examples",
        *(f"```yaml\n{example.strip()}\n```" for example in examples.split(_DOCUMENT_END)),
        "## Spec",
        spec["description"],
        _table(spec, "spec"),
        "## Rules",
        "\n".join(f"- {rule}" for rule in _rules(schema, "")),
        "## Status",
        status["description"],
        _table(status, "status"),
    ]
    return "\n\n".join(sections) + "\n"


def write_pages(examples: Path, folder: Path) -> list[Path]:
    """Write one page a kind, with the examples from `<singular>.yaml`, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_page(model, examples, folder) for model in KINDS]


def _write_page(model: type[Resource[Any, Any]], examples: Path, folder: Path) -> Path:
    path = folder / page_name(model.info)
    shown = (examples / f"{model.info.singular}.yaml").read_text(encoding="utf-8")
    path.write_text(reference_page(model, shown), encoding="utf-8")
    return path


def _in_kubectl(kind: Kind) -> str:
    names = [kind.plural, kind.singular, *kind.short_names]
    columns = ", ".join(column.name for column in kind.columns if not column.priority)
    more = ", ".join(column.name for column in kind.columns if column.priority)
    selectors = f" `--field-selector` takes {_quoted(path.removeprefix('.') for path in kind.selectable)}."
    return (
        f"Its `apiVersion` is `{API_VERSION}`; kubectl knows it as {_quoted(names)}, and shows {columns},"
        f" with `-o wide` also {more}.{selectors if kind.selectable else ''}"
    )


def _table(schema: Schema, place: str) -> str:
    return "\n".join([_HEADER, *(_row(*field) for field in _fields(schema, place))])


def _fields(schema: Schema, place: str) -> Iterator[tuple[str, Schema, bool]]:
    """Yield the path, the schema and whether it must be set, of every field below a schema, in the models' order."""
    if "properties" in schema:
        for name, field in schema["properties"].items():
            path = f"{place}.{name}"
            yield path, field, name in schema.get("required", ())
            yield from _fields(field, path)
    elif "items" in schema:
        yield from _fields(schema["items"], f"{place}[]")
    elif "additionalProperties" in schema:
        yield from _fields(schema["additionalProperties"], f"{place}.<key>")


def _row(path: str, field: Schema, required: bool) -> str:  # noqa: FBT001 - a row of a table, not a switch
    default = "required" if required else _default(field)
    cells = [f"`{path}`", type_in_words(field), default, field["description"], constraints_in_words(field)]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _default(field: Schema) -> str:
    value = field.get("default")
    if isinstance(value, dict):
        below = field.get("properties", {})
        shown = {name: each for name, each in value.items() if "default" not in below.get(name, {})}
        return ", ".join(_in_code(f"{name}: {_as_yaml(each)}") for name, each in shown.items())
    return "" if value is None else _in_code(_as_yaml(value))


def _as_yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _in_code(text: str) -> str:
    return f"`{text}`"


def _rules(schema: Schema, place: str) -> Iterator[str]:
    """Yield what the fields of each object must be to each other, and which of them can't be changed."""
    for rule in schema.get(VALIDATIONS, ()):
        path = f"{place}{rule.get('fieldPath', '')}"
        yield f"`{path}`: {rule['message']}" if path else rule["message"]
    for name, field in schema.get("properties", {}).items():
        yield from _rules_below(field, f"{place}.{name}".removeprefix("."))


def _rules_below(schema: Schema, place: str) -> Iterator[str]:
    if "properties" in schema:
        yield from _rules(schema, place)
    elif "items" in schema:
        yield from _rules_below(schema["items"], f"{place}[]")


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(_in_code(name) for name in names)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), Path(sys.argv[2]))
