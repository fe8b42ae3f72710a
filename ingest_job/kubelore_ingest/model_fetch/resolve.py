"""Asks a model's source which files it has, and their servers what they are."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import MODEL_VARIABLE, ModelOrder
from kubelore.resources.llm_server import ModelSource
from kubelore.settings import Settings
from kubelore_ingest.model_fetch.origins.http import http_files
from kubelore_ingest.model_fetch.origins.hugging_face import Hub, hugging_face_files
from kubelore_ingest.model_fetch.probe import probe
from kubelore_ingest.model_fetch.remote import FoundFile, RemoteFile
from kubelore_ingest.model_fetch.web import Web

_PROBES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Access:
    """Where hub and object store are, and what they are asked with."""

    settings: Settings
    hub: Hub


async def find_files(order: ModelOrder, access: Access, web: Web) -> tuple[FoundFile, ...]:
    """Return the model's files; raises KubeloreError for what is wrong with source, credentials or checksum."""
    files = _expecting(await _files(order.source, access, web), order.sha256)
    _check_distinct(files)
    turns = asyncio.Semaphore(_PROBES_AT_ONCE)

    async def find(file: RemoteFile) -> FoundFile:
        async with turns:
            return await probe(web, file)

    return tuple(await asyncio.gather(*map(find, files)))


async def _files(source: ModelSource, access: Access, web: Web) -> tuple[RemoteFile, ...]:
    if source.http is not None:
        return http_files(source.http)
    if source.hugging_face is not None:
        return await hugging_face_files(source.hugging_face, access.hub, web)
    if source.s3 is not None:
        from kubelore_ingest.model_fetch.origins.s3 import s3_files  # noqa: PLC0415 - the minio SDK, for S3 alone

        return await asyncio.to_thread(s3_files, source.s3, access.settings)
    raise KubeloreError(
        ErrorCode.SETTINGS_INVALID,
        f"{MODEL_VARIABLE} source",
        "only http, huggingFace and s3 are fetched: ollama pulls by itself, pvc and image are there already",
    )


def _expecting(files: tuple[RemoteFile, ...], sha256: str | None) -> tuple[RemoteFile, ...]:
    if sha256 is None:
        return files
    if len(files) > 1:
        raise KubeloreError(
            ErrorCode.MODEL_SOURCE_REFUSED, "spec.model.sha256", f"it is of one file, and the source names {len(files)}"
        )
    return tuple(replace(file, sha256=sha256) for file in files)


def _check_distinct(files: tuple[RemoteFile, ...]) -> None:
    twice = [path for path, count in Counter(file.path for file in files).items() if count > 1]
    if twice:
        raise KubeloreError(ErrorCode.MODEL_SOURCE_REFUSED, f"file {twice[0]!r} of the model", "it is listed twice")
