"""Files that are attached to a knowledge base together, and followed together."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kubelore.clock import now
from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError
from kubelore_api.ingest.ids import is_id
from kubelore_api.ingest.kept_files import is_kept_id
from kubelore_api.ingest.store_files import StoreFile, StoreFiles
from kubelore_api.ingest.stored import object_if_there

_PREFIX = "vsfb_"
_ID_DIGITS = 32


class Batch(StoredModel):
    """The files that came together; `created_at` is in seconds since 1970."""

    id: str
    knowledge_base: str
    file_ids: tuple[str, ...]
    created_at: int
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is to come, and what is known of it."""

    file_id: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileBatches:
    """The batches of one knowledge base, as one caller sees them."""

    files: StoreFiles

    async def create(self, members: Sequence[Member]) -> tuple[Batch, list[StoreFile]]:
        """Attach every file, or none where one isn't there; raises RequestError as attaching one does."""
        for member in members:
            if is_kept_id(member.file_id):
                await self.files.kept.get(member.file_id)
        attached = [await self.files.attach(member.file_id, member.metadata) for member in members]
        batch = Batch(
            id=f"{_PREFIX}{uuid.uuid4().hex}",
            knowledge_base=str(self.files.kb.key),
            file_ids=tuple(file.id for file in attached),
            created_at=int(now().timestamp()),
        )
        await self._put(batch)
        return batch, attached

    async def find(self, batch_id: str) -> Batch:
        """Return a batch of this knowledge base; raises RequestError RESOURCE_NOT_FOUND."""
        if not is_id(batch_id, _PREFIX, _ID_DIGITS):
            raise _unknown(batch_id)
        kept = self.files.kept
        content = await kept.threads.run(object_if_there, kept.objects, self._key(batch_id))
        if content is None:
            raise _unknown(batch_id)
        batch = Batch.model_validate_json(content)
        if batch.knowledge_base != str(self.files.kb.key):
            raise _unknown(batch_id)
        return batch

    async def cancel(self, batch: Batch) -> Batch:
        """Keep those files from coming in whose turn has not come yet, and return the batch as it is now."""
        cancelled = batch.model_copy(update={"is_cancelled": True})
        await self._put(cancelled)
        for file in await self.members(batch):
            await self.files.cancel(file.id)
        return cancelled

    async def members(self, batch: Batch) -> list[StoreFile]:
        """Return the batch's files as they stand, without those that were taken out since."""
        found = await asyncio.gather(*(self._member(file_id) for file_id in batch.file_ids))
        return [file for file in found if file is not None]

    async def _member(self, file_id: str) -> StoreFile | None:
        try:
            return await self.files.find(file_id)
        except RequestError as error:
            if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
                raise
            return None

    async def _put(self, batch: Batch) -> None:
        await self.files.kept.threads.run(self.files.kept.objects.put, self._key(batch.id), batch.to_json().encode())

    def _key(self, batch_id: str) -> str:
        return self.files.kept.layout.batch(batch_id)


def _unknown(batch_id: str) -> RequestError:
    return RequestError(ErrorCode.RESOURCE_NOT_FOUND, "batch_id", subject=f"file batch {batch_id[:100]}")
