"""Files that come in parts, each of which can be sent again: a connection that breaks costs one part, not the file."""

import io
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, cast

from kubelore.clock import now
from kubelore.documents.ids import content_version
from kubelore.documents.layout import PartsLayout
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.rows import may_see_document
from kubelore_api.errors import RequestError
from kubelore_api.ingest.joined_parts import JoinedParts
from kubelore_api.ingest.kept_files import KeptFile, KeptFiles, new_file_id
from kubelore_api.ingest.pending_upload import (
    LIFETIME,
    UPLOAD_PREFIX,
    Part,
    PendingUpload,
    UploadState,
    is_upload_id,
    unknown_upload,
)
from kubelore_api.ingest.readable import require_readable_head
from kubelore_api.ingest.stored import object_if_there
from kubelore_api.ingest.upload import Label, parts

MOST_PARTS = 1000
MOST_PENDING = 1000
"""A tenant's uploads that wait for parts at once; what is given up goes when its lifetime is over."""

_ROOM_FOR_REPEATED_PARTS = 2


@dataclass(frozen=True, slots=True)
class Completion:
    """The parts in their order, and what the whole should be."""

    part_ids: Sequence[str]
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Uploads:
    """One tenant's uploads in parts, as one caller sees them.

    Every method raises RequestError RESOURCE_NOT_FOUND for an upload that isn't there or isn't the caller's to see.
    """

    files: KeptFiles
    layout: PartsLayout

    async def create(self, label: Label, purpose: str, media_type: str, size: int) -> PendingUpload:
        """Announce a file; raises KubeloreError OVERLOADED where too many wait for parts already."""
        return await self.files.threads.run(self._create, label, purpose, media_type, size)

    async def find(self, upload_id: str) -> PendingUpload:
        """Return an upload as it stands."""
        return await self.files.threads.run(self._find, upload_id)

    async def add(self, upload_id: str, content: BinaryIO, size: int) -> Part:
        """Take a part; raises RequestError where the upload takes none any more."""
        return await self.files.threads.run(self._add, upload_id, content, size)

    async def parts(self, upload_id: str) -> list[Part]:
        """Return the parts that have come, in that order: what a client that lost its own list goes on from."""
        return await self.files.threads.run(self._visible_parts, upload_id)

    async def complete(self, upload_id: str, completion: Completion) -> tuple[PendingUpload, KeptFile]:
        """Put the file together and keep it; a second time only tells what it became.

        Raises RequestError where a part is missing, or the whole is not what was announced.
        """
        return await self.files.threads.run(self._complete, upload_id, completion)

    async def cancel(self, upload_id: str) -> PendingUpload:
        """Give an upload up; raises RequestError where it has ended."""
        return await self.files.threads.run(self._cancel, upload_id)

    def _create(self, label: Label, purpose: str, media_type: str, size: int) -> PendingUpload:
        waiting = sum(1 for _ in islice(self.files.objects.list(self.layout.pending), MOST_PENDING))
        if waiting >= MOST_PENDING:
            raise KubeloreError(ErrorCode.OVERLOADED, "the tenant's uploads", f"{waiting} wait for their parts")
        created = now()
        upload = PendingUpload(
            id=f"{UPLOAD_PREFIX}{uuid.uuid4().hex}",
            file_id=new_file_id(),
            filename=label.name,
            purpose=purpose,
            media_type=media_type,
            bytes=size,
            access_groups=label.access_groups,
            created_at=int(created.timestamp()),
            expires_at=int((created + LIFETIME).timestamp()),
        )
        self._put(self.layout.upload(upload.id), upload)
        return upload

    def _find(self, upload_id: str) -> PendingUpload:
        if not is_upload_id(upload_id):
            raise unknown_upload(upload_id)
        # What has ended may still stand among the pending ones, too, where a gateway died between the two writes.
        upload = self._read(self.layout.ended(upload_id)) or self._read(self.layout.upload(upload_id))
        if upload is None or not may_see_document(self.files.caller, self.layout.tenant, upload.access_groups):
            raise unknown_upload(upload_id)
        return upload.as_it_stands()

    def _add(self, upload_id: str, content: BinaryIO, size: int) -> Part:
        upload = self._find(upload_id)
        upload.require_pending()
        there = self._parts(upload_id)
        if len(there) >= MOST_PARTS:
            raise RequestError(ErrorCode.REQUEST_INVALID, "data", f"an upload has at most {MOST_PARTS} parts")
        if sum(part.bytes for part in there) + size > _ROOM_FOR_REPEATED_PARTS * upload.bytes:
            raise RequestError(ErrorCode.REQUEST_INVALID, "data", f"{upload.bytes} bytes were announced in all")
        part = Part.new(content_version(parts(content)), size)
        content.seek(0)
        self.files.objects.put_stream(self.layout.part(upload_id, part.id), content, size)
        return part

    def _visible_parts(self, upload_id: str) -> list[Part]:
        self._find(upload_id)
        return self._parts(upload_id)

    def _parts(self, upload_id: str) -> list[Part]:
        prefix = self.layout.parts(upload_id)
        return [Part(info.key.removeprefix(prefix), info.size) for info in self.files.objects.list(prefix)]

    def _complete(self, upload_id: str, completion: Completion) -> tuple[PendingUpload, KeptFile]:
        upload = self._find(upload_id)
        if upload.state is not UploadState.COMPLETED:
            upload.require_pending()
            self._put_together(upload, self._in_order(upload, completion.part_ids), completion.md5)
            upload = self._end(upload, UploadState.COMPLETED)
        return upload, self.files.read(upload.file_id)

    def _in_order(self, upload: PendingUpload, part_ids: Sequence[str]) -> list[Part]:
        there = {part.id: part for part in self._parts(upload.id)}
        missing = next((part_id for part_id in part_ids if part_id not in there), None)
        if missing is not None:
            raise RequestError(ErrorCode.REQUEST_INVALID, "part_ids", f"the part {missing[:200]} is not there")
        chosen = [there[part_id] for part_id in part_ids]
        size = sum(part.bytes for part in chosen)
        if size != upload.bytes:
            raise RequestError(
                ErrorCode.REQUEST_INVALID, "part_ids", f"they hold {size} bytes, and {upload.bytes} were announced"
            )
        return chosen

    def _put_together(self, upload: PendingUpload, chosen: Sequence[Part], md5: str | None) -> None:
        require_readable_head("part_ids", upload.filename, next(self._content(upload.id, chosen), b""))
        stream = JoinedParts(self._content(upload.id, chosen))
        self.files.put_content(
            upload.file_id, cast("BinaryIO", io.BufferedReader(stream)), upload.bytes, upload.media_type
        )
        if md5 is not None and md5.lower() != stream.md5:
            self.files.drop_content(upload.file_id)
            raise RequestError(ErrorCode.REQUEST_INVALID, "md5", f"the parts in this order have {stream.md5}")
        self.files.put(
            KeptFile(
                id=upload.file_id,
                filename=upload.filename,
                bytes=upload.bytes,
                media_type=upload.media_type,
                purpose=upload.purpose,
                created_at=int(now().timestamp()),
                version=stream.sha256,
                access_groups=upload.access_groups,
            )
        )

    def _content(self, upload_id: str, chosen: Sequence[Part]) -> Iterator[bytes]:
        for part in chosen:
            yield from self.files.objects.open(self.layout.part(upload_id, part.id))

    def _cancel(self, upload_id: str) -> PendingUpload:
        upload = self._find(upload_id)
        if upload.state is UploadState.CANCELLED:
            return upload
        upload.require_pending()
        return self._end(upload, UploadState.CANCELLED)

    def _end(self, upload: PendingUpload, state: UploadState) -> PendingUpload:
        """Write down how it ended before anything goes."""
        ended = upload.model_copy(update={"state": state})
        self._put(self.layout.ended(upload.id), ended)
        keys = [self.layout.part(upload.id, part.id) for part in self._parts(upload.id)]
        self.files.objects.delete([*keys, self.layout.upload(upload.id)])
        return ended

    def _read(self, key: str) -> PendingUpload | None:
        content = object_if_there(self.files.objects, key)
        return PendingUpload.model_validate_json(content) if content is not None else None

    def _put(self, key: str, upload: PendingUpload) -> None:
        self.files.objects.put(key, upload.to_json().encode(), "application/json")
