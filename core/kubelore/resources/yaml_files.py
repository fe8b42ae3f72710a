"""Reads YAML documents from files, each with the place it stands in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubelore.errors import ErrorCode, KubeloreError

SUFFIXES = frozenset({".yaml", ".yml"})
_MERGE_TAG = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Place:
    """One document of one file; documents count from 1."""

    file: str
    document: int

    def __str__(self) -> str:
        return f"{self.file}, document {self.document}"


class NotYamlError(ValueError):
    """A document that can't be read, or that YAML's grammar refuses."""

    def __init__(self, place: Place, cause: str) -> None:
        """Say where it stands and what is wrong."""
        super().__init__(f"{place}: {cause}")
        self.place = place
        self.cause = cause


def yaml_files(folder: Path) -> list[Path]:
    """Return the folder's YAML files by name; folders within it are not entered, as with `kubectl apply -f`.

    Raises KubeloreError SETTINGS_INVALID where there is no such folder.
    """
    if not folder.is_dir():
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"the manifests folder {folder}", "there is no such folder")
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())


def folder_signature(folder: Path) -> tuple[tuple[str, int, int], ...] | None:
    """Return what changes whenever a YAML file of the folder does: names, sizes and times; None without a folder."""
    if not folder.is_dir():
        return None
    stats = [(path.name, _stat(path)) for path in yaml_files(folder)]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats if stat is not None)


def yaml_documents(path: Path) -> Iterator[tuple[Place, Any]]:
    """Yield the documents of a file; an empty one counts, but is left out.

    Raises NotYamlError at the first document that can't be read.
    """
    number = 0
    try:
        for number, document in enumerate(yaml.load_all(path.read_bytes(), _UniqueKeyLoader), start=1):
            if document is not None:
                yield Place(path.name, number), document
    except OSError as error:
        raise NotYamlError(Place(path.name, number + 1), f"must be readable, but {error.strerror}") from error
    except yaml.YAMLError as error:
        raise NotYamlError(Place(path.name, number + 1), f"must be YAML in UTF-8, but {_one_line(error)}") from error


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys in silence; kubectl refuses them, and so does this."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE_TAG:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key {key.value} stands twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _stat(path: Path) -> os.stat_result | None:
    """Return a file's size and times, or None for one that went since its folder was listed."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
