"""Marks a model as complete, and tells whether one is."""

import hashlib
import shutil
from pathlib import Path

from pydantic import ValidationError

from kubelore.documents.ids import fingerprint
from kubelore.documents.models import StoredModel
from kubelore.jobs.model_fetch import MODEL_LINK, ModelDigest, ModelOrder
from kubelore_ingest.model_fetch.files import sync_folder, write_durably
from kubelore_ingest.model_fetch.names import COMPLETE_NAME, PARTIAL_NAME

_GGUF_MAGIC = b"GGUF"
"""The first four bytes of the format (ggml-org/ggml, docs/gguf.md)."""


class FetchedFile(StoredModel):
    """A verified file, by its path in the target folder."""

    path: str
    bytes: int
    sha256: str


class CompleteModel(ModelDigest):
    """What `.complete.json` says; `source` tells which source the model came from, and may be left out."""

    files: tuple[FetchedFile, ...]
    source: str | None = None

    def answers(self, order: ModelOrder) -> bool:
        """Whether it is the model that is asked for."""
        return self.source in {None, source_id(order)} and order.sha256 in {None, self.sha256}

    @property
    def digest(self) -> ModelDigest:
        """The same without the list of files."""
        return ModelDigest(path=self.path, sha256=self.sha256, bytes=self.bytes)


def source_id(order: ModelOrder) -> str:
    """Tell sources apart, whatever credentials they are asked with."""
    secrets = {"hugging_face": {"token_secret_ref"}, "s3": {"secret_ref"}}
    return fingerprint(order.source.model_dump_json(exclude_defaults=True, exclude=secrets))


def complete_model(target: Path, order: ModelOrder) -> CompleteModel | None:
    """Return the model where it lies there complete: every file is there in its size."""
    try:
        model = CompleteModel.model_validate_json((target / COMPLETE_NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    is_there = all(_has_size(target / file.path, file.bytes) for file in model.files)
    return model if model.files and is_there and model.answers(order) else None


def mark_complete(target: Path, order: ModelOrder, files: tuple[FetchedFile, ...]) -> CompleteModel:
    """Link to a single GGUF file, write `.complete.json`, and remove what was only of use until then."""
    model = CompleteModel(
        path=files[0].path if len(files) == 1 else ".",
        sha256=_digest(files),
        bytes=sum(file.bytes for file in files),
        files=files,
        source=source_id(order),
    )
    _link_gguf(target, files)
    write_durably(target / COMPLETE_NAME, model.to_json())
    shutil.rmtree(target / PARTIAL_NAME)
    return model


def _digest(files: tuple[FetchedFile, ...]) -> str:
    if len(files) == 1:
        return files[0].sha256
    lines = (f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _link_gguf(target: Path, files: tuple[FetchedFile, ...]) -> None:
    """Give a single GGUF file the name that the engine is told, whatever its own is."""
    if len(files) != 1 or files[0].path == MODEL_LINK or not _is_gguf(target / files[0].path):
        return
    link, scratch = target / MODEL_LINK, target / PARTIAL_NAME / MODEL_LINK
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(files[0].path)
    scratch.replace(link)
    sync_folder(target)


def _is_gguf(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix == ".gguf" or file.read(len(_GGUF_MAGIC)) == _GGUF_MAGIC


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
