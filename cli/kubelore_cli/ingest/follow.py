"""Uploads documents, and follows each one's task to its end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kubelore.documents.record import Failure
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.ingest_task import TaskPhase
from kubelore_cli.asynchronous import cancel
from kubelore_cli.gateway_client.client import GatewayClient, RefusedError
from kubelore_cli.gateway_client.models import TaskStatus
from kubelore_cli.ingest.files import Document

_AT_ONCE = 16
_SECONDS_BETWEEN_LOOKS = 0.5
_REFUSED_FOR_ITSELF = frozenset({ErrorCode.SOURCE_TOO_LARGE, ErrorCode.REQUEST_TOO_LARGE})


@dataclass(slots=True)
class Summary:
    """What has become of the documents so far."""

    total: int
    succeeded: int = 0
    skipped: int = 0
    chunks: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Documents that came to an end, whichever."""
        return self.succeeded + self.skipped + len(self.failures)

    def take(self, document: Document, status: TaskStatus) -> None:
        """Count a document whose task has ended."""
        if status.status is TaskPhase.FAILED:
            self.failures.append(_failure_of(document, status))
            return
        self.chunks += status.chunks
        if status.documents.skipped:
            self.skipped += 1
        else:
            self.succeeded += 1


async def bring_in(
    documents: Sequence[Document],
    gateway: GatewayClient,
    knowledge_base: str | None,
    show: Callable[[Summary], None],
) -> Summary:
    """Bring the documents in, a few at once, and tell `show` of each one's end.

    Raises KubeloreError where the gateway is away, or refuses not a document but all of them.
    """
    summary = Summary(total=len(documents))
    places = asyncio.Semaphore(_AT_ONCE)

    async def bring_one(document: Document) -> None:
        async with places:
            try:
                task_id = await gateway.upload(document.path, document.name, knowledge_base)
            except RefusedError as error:
                if error.reason not in _REFUSED_FOR_ITSELF:
                    raise
                summary.failures.append(Failure.from_error(document.name, error))
            else:
                summary.take(document, await _end_of(task_id, gateway))
            show(summary)

    work = [asyncio.create_task(bring_one(document)) for document in documents]
    try:
        await asyncio.gather(*work)
    finally:
        await cancel(work)
    return summary


async def _end_of(task_id: str, gateway: GatewayClient) -> TaskStatus:
    while True:
        status = await gateway.task_status(task_id)
        if status.status.is_final:
            return status
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


def _failure_of(document: Document, status: TaskStatus) -> Failure:
    if status.failures:
        return status.failures[0]
    return Failure.from_error(document.name, KubeloreError(ErrorCode.INTERNAL, document.name))
