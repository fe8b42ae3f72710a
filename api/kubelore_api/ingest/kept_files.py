"""Keeps files that are uploaded into no knowledge base yet."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from kubelore.clock import now
from kubelore.documents.ids import content_version
from kubelore.documents.layout import FilesLayout
from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode
from kubelore.objectstore.interface import ObjectStore
from kubelore_api.access.caller import Caller
from kubelore_api.access.rows import may_see_document
from kubelore_api.errors import RequestError
from kubelore_api.ingest.ids import TIME_DIGITS, is_id, time_digits
from kubelore_api.ingest.stored import object_if_there
from kubelore_api.ingest.upload import Kept, Upload, parts
from kubelore_api.pages import Page, page_of
from kubelore_api.threads import Threads

PREFIX = "file-"
_JSON = "application/json"
_SUFFIX = ".json"
_ID_DIGITS = 32


class KeptFile(StoredModel):
    """What is known of a file; `version` is the sha256 of its content, `created_at` in seconds since 1970."""

    id: str
    filename: str
    bytes: int
    media_type: str
    purpose: str
    created_at: int
    version: str
    access_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """One tenant's files, as one caller sees them."""

    caller: Caller
    objects: ObjectStore
    threads: Threads
    layout: FilesLayout

    async def keep(self, upload: Upload, purpose: str) -> KeptFile:
        """Keep a file; what is known of it comes last, so that a crash leaves no file without its content."""
        return await self.threads.run(self._keep, upload, purpose)

    async def get(self, file_id: str) -> KeptFile:
        """Return a file; raises RequestError RESOURCE_NOT_FOUND."""
        return await self.threads.run(self._get, file_id)

    async def page(self, page: Page) -> tuple[list[KeptFile], bool]:
        """Return files in the order in which they came, and whether there are more."""
        return await self.threads.run(self._page, page)

    async def delete(self, file_id: str) -> None:
        """Forget a file; documents that were made of it stay. Raises RequestError RESOURCE_NOT_FOUND."""
        await self.get(file_id)
        await self.threads.run(self.objects.delete, [self.layout.file(file_id), self.layout.content(file_id)])

    async def content(self, file_id: str) -> Iterator[bytes]:
        """Return a file's bytes, piece by piece, to be read beside the event loop; raises as `get` does."""
        await self.get(file_id)
        return await self.threads.run(self.objects.open, self.layout.content(file_id))

    def kept(self, file: KeptFile) -> Kept:
        """Say where the file's content is."""
        return Kept(self.layout.content(file.id), file.version)

    def put_content(self, file_id: str, content: BinaryIO, size: int, media_type: str) -> None:
        """Write a file's bytes; nobody finds them before `put` says what they are. It blocks."""
        self.objects.put_stream(self.layout.content(file_id), content, size, media_type)

    def put(self, file: KeptFile) -> None:
        """Make a file known whose content is there; blocks."""
        self.objects.put(self.layout.file(file.id), file.to_json().encode(), _JSON)

    def drop_content(self, file_id: str) -> None:
        """Delete the bytes of a file that is not known; blocks."""
        self.objects.delete([self.layout.content(file_id)])

    def read(self, file_id: str) -> KeptFile:
        """Return a file, as `get` does; blocks."""
        return self._get(file_id)

    def _keep(self, upload: Upload, purpose: str) -> KeptFile:
        file = KeptFile(
            id=new_file_id(),
            filename=upload.label.name,
            bytes=upload.size,
            media_type=upload.media_type,
            purpose=purpose,
            created_at=int(now().timestamp()),
            version=content_version(parts(upload.content)),
            access_groups=upload.label.access_groups,
        )
        upload.content.seek(0)
        self.put_content(file.id, upload.content, upload.size, upload.media_type)
        self.put(file)
        return file

    def _get(self, file_id: str) -> KeptFile:
        if not is_kept_id(file_id):
            raise unknown_file(file_id)
        file = self._read(file_id)
        if file is None or not self._may_see(file):
            raise unknown_file(file_id)
        return file

    def _read(self, file_id: str) -> KeptFile | None:
        content = object_if_there(self.objects, self.layout.file(file_id))
        return KeptFile.model_validate_json(content) if content is not None else None

    def _may_see(self, file: KeptFile) -> bool:
        return may_see_document(self.caller, self.layout.tenant, file.access_groups)

    def _page(self, page: Page) -> tuple[list[KeptFile], bool]:
        prefix = self.layout.files
        ids = [info.key.removeprefix(prefix).removesuffix(_SUFFIX) for info in self.objects.list(prefix)]
        chosen, has_more = page_of(ids, page)
        there = filter(None, map(self._read, chosen))
        return [file for file in there if self._may_see(file)], has_more


def new_file_id() -> str:
    """Return an id that comes after those of before, so that files are listed in the order in which they came."""
    return f"{PREFIX}{time_digits()}{uuid.uuid4().hex[: _ID_DIGITS - TIME_DIGITS]}"


def is_kept_id(file_id: str) -> bool:
    """Say whether this can be the id of a kept file."""
    return is_id(file_id, PREFIX, _ID_DIGITS)


def unknown_file(file_id: str) -> RequestError:
    """Return the error for a file that isn't there, or is another tenant's: the caller can't tell which."""
    return RequestError(ErrorCode.RESOURCE_NOT_FOUND, "file_id", subject=f"file {file_id[:200]}")
