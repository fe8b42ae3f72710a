"""Checks a manifest against its model, and says in the words of the YAML what is wrong and what is right."""

import difflib
import json
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

Location = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field, by its path in the YAML, with what is right."""

    field: str
    cause: str

    def __str__(self) -> str:
        return f"{self.field}: {self.cause}" if self.field else self.cause


class InvalidManifestError(ValueError):
    """A manifest that its model refuses."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        """Hold every wrong field."""
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def validate_manifest(model: type[M], document: Mapping[str, Any]) -> M:
    """Read a document as strictly as the API server does: names of the YAML only, no text for a number.

    Raises InvalidManifestError with every wrong field.
    """
    try:
        text = json.dumps(_as_the_api_server_reads(document), default=str)
        return model.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        raise InvalidManifestError([_problem(model, detail) for detail in details]) from error


def _as_the_api_server_reads(value: Any) -> Any:
    """Take a null in an object for an unset field."""
    if isinstance(value, Mapping):
        return {name: _as_the_api_server_reads(field) for name, field in value.items() if field is not None}
    if isinstance(value, list):
        return [_as_the_api_server_reads(item) for item in value]
    return value


def field_path(location: Location) -> str:
    """Write a location as `spec.env[2].name`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _problem(model: type[BaseModel], detail: ErrorDetails) -> FieldProblem:
    return FieldProblem(field_path(detail["loc"]), _cause(model, detail))


def _cause(model: type[BaseModel], detail: ErrorDetails) -> str:
    match detail["type"]:
        case "missing":
            return "must be set"
        case "extra_forbidden":
            return _unknown_field(model, detail["loc"])
        case "string_pattern_mismatch":
            return f"must match {detail['ctx']['pattern']}"
        case _:
            return _demand(detail["msg"].removeprefix("Value error, "))


def _demand(message: str) -> str:
    """Say `must be …` where pydantic says `Input should be …` or `String should be …`."""
    _, should, demand = message.partition(" should ")
    return f"must {demand}" if should else message


def _unknown_field(model: type[BaseModel], location: Location) -> str:
    known = _fields_at(model, location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    if close:
        return f"there is no such field; did you mean {close[0]}?"
    return f"there is no such field; here may stand {', '.join(known)}"


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    for part in location:
        if isinstance(part, str):
            model = _model_of(model, part) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_of(model: type[BaseModel], alias: str) -> type[BaseModel] | None:
    annotations = (field.annotation for name, field in model.model_fields.items() if alias in {field.alias, name})
    return next((found for annotation in annotations for found in _models_in(annotation)), None)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) in {typing.Union, types.UnionType, tuple, list, Annotated}:
        for inner in typing.get_args(annotation):
            yield from _models_in(inner)
