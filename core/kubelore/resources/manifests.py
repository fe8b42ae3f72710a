"""Reads a folder of manifests: the three resources, and the ConfigMaps and Secrets that they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import API_VERSION, GROUP, ResourceKey
from kubelore.resources.fields import DnsLabel, DnsSubdomain
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.keyed_data import CONFIG_MAP, SECRET, KeyedData, parse_keyed_data
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.validation import FieldProblem, InvalidManifestError, validate_manifest
from kubelore.resources.yaml_files import NotYamlError, Place, yaml_documents, yaml_files

AnyResource = LLMServer | KnowledgeBase | IngestTask

T = TypeVar("T")

_MODELS: Mapping[str, type[AnyResource]] = {model.info.kind: model for model in (LLMServer, KnowledgeBase, IngestTask)}


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a folder holds, each thing by its key; `notices` say what was left aside."""

    resources: Mapping[ResourceKey, AnyResource]
    keyed_data: Mapping[ResourceKey, KeyedData]
    places: Mapping[ResourceKey, Place]
    notices: tuple[str, ...]

    def value(self, kind: str, namespace: str, name: str, key: str) -> bytes | None:
        """Return one key of a ConfigMap or Secret, or None where the folder has none."""
        data = self.keyed_data.get(ResourceKey(kind, namespace, name))
        return None if data is None else data.values.get(key)


def read_manifests(folder: Path, namespace: str) -> Manifests:
    """Read every document of every file; `namespace` is that of resources that name none.

    Raises KubeloreError SETTINGS_INVALID for the folder, or RESOURCE_INVALID with every wrong field by its place.
    """
    reading = _Reading(namespace)
    for path in yaml_files(folder):
        reading.read_file(path)
    if reading.problems:
        raise invalid(reading.problems)
    return Manifests(reading.resources, reading.keyed_data, reading.places, tuple(reading.notices))


@dataclass(frozen=True, slots=True)
class PlacedProblem:
    """A wrong field of one document."""

    place: Place
    problem: FieldProblem

    @property
    def where(self) -> str:
        """The file, the document and the field."""
        return ", ".join(part for part in (str(self.place), self.problem.field) if part)


def invalid(problems: list[PlacedProblem]) -> KubeloreError:
    """Build the one error that names every problem, the first one as its subject."""
    first, *others = problems
    also = [f"also {other.where}: {other.problem.cause}" for other in others]
    return KubeloreError(ErrorCode.RESOURCE_INVALID, first.where, "; ".join([first.problem.cause, *also]))


class _Identity(BaseModel):
    name: DnsSubdomain
    namespace: DnsLabel | None = None


class _Identified(BaseModel):
    """The part of any object that says which one it is."""

    metadata: _Identity


class _Reading:
    """What was found so far; a problem does not end the reading, so that a user sees them all at once."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.resources: dict[ResourceKey, AnyResource] = {}
        self.keyed_data: dict[ResourceKey, KeyedData] = {}
        self.places: dict[ResourceKey, Place] = {}
        self.notices: list[str] = []
        self.problems: list[PlacedProblem] = []

    def read_file(self, path: Path) -> None:
        try:
            for place, document in yaml_documents(path):
                self._note_problems_of(place, document)
        except NotYamlError as error:
            self.problems.append(PlacedProblem(error.place, FieldProblem("", error.cause)))

    def _note_problems_of(self, place: Place, document: object) -> None:
        try:
            self._read_document(place, document)
        except InvalidManifestError as error:
            self.problems.extend(PlacedProblem(place, problem) for problem in error.problems)

    def _read_document(self, place: Place, document: object) -> None:
        if not isinstance(document, dict):
            raise InvalidManifestError([FieldProblem("", "must be an object with apiVersion, kind, metadata and spec")])
        api_version, kind = (_object_type(document, field) for field in ("apiVersion", "kind"))
        if api_version == "v1" and kind in {CONFIG_MAP, SECRET}:
            data = parse_keyed_data(self._key(kind, document), document)
            self._add(place, data.key, data, self.keyed_data)
        elif _is_ours(api_version, kind):
            resource = validate_manifest(_model_for(api_version, kind), self._completed(kind, document))
            self._add(place, resource.key, resource, self.resources)
        else:
            self.notices.append(f"{place}: {kind} of {api_version} means something in a cluster only, and is ignored")

    def _add(self, place: Place, key: ResourceKey, value: T, into: dict[ResourceKey, T]) -> None:
        if key in self.places:
            raise InvalidManifestError([FieldProblem("metadata.name", f"{key} stands in {self.places[key]} already")])
        into[key] = value
        self.places[key] = place

    def _completed(self, kind: str, document: dict[str, Any]) -> dict[str, Any]:
        """Put the namespace in and take the status out, which is never a manifest's to say."""
        namespace = self._key(kind, document).namespace
        without_status = {field: value for field, value in document.items() if field != "status"}
        return {**without_status, "metadata": {**document["metadata"], "namespace": namespace}}

    def _key(self, kind: str, document: Mapping[str, Any]) -> ResourceKey:
        metadata = validate_manifest(_Identified, {"metadata": document.get("metadata")}).metadata
        return ResourceKey(kind, metadata.namespace or self.namespace, metadata.name)


def _object_type(document: Mapping[str, Any], field: str) -> str:
    value = document.get(field)
    if not isinstance(value, str) or not value:
        raise InvalidManifestError([FieldProblem(field, "must be set")])
    return value


def _is_ours(api_version: str, kind: str) -> bool:
    """Say whether it is one of our kinds, or was meant to be: a version without a group may be a slip."""
    group, slash, _ = api_version.partition("/")
    return group == GROUP or (not slash and kind in _MODELS)


def _model_for(api_version: str, kind: str) -> type[AnyResource]:
    if api_version != API_VERSION:
        raise InvalidManifestError([FieldProblem("apiVersion", f"must be {API_VERSION}")])
    if kind not in _MODELS:
        raise InvalidManifestError([FieldProblem("kind", f"must be one of {', '.join(_MODELS)}")])
    return _MODELS[kind]
