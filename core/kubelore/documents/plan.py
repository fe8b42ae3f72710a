"""How the documents of a task are shared out over its workers, and how that is kept in the object store."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import Field

from kubelore.documents.models import StoredModel


class PlanSummary(StoredModel):
    """What the operator has to know of a plan."""

    shards: int = Field(default=0, ge=0, description="Shards that the documents are shared out over; 0: none to do.")
    documents: int = Field(default=0, ge=0, description="Documents that the source named when it was listed.")


class ShardPlan(StoredModel):
    """The plan of a task; part n belongs to the shard n modulo `shards`.

    `parts` holds the number of documents of each part. The documents themselves lie in an object a part, so that
    neither the planner nor a worker ever holds all of them.
    """

    shards: int
    parts: tuple[int, ...]

    @property
    def summary(self) -> PlanSummary:
        """What is told of it."""
        return PlanSummary(shards=self.shards, documents=sum(self.parts))

    def parts_of(self, shard: int) -> range:
        """Return the numbers of a shard's parts."""
        return range(shard, len(self.parts), self.shards) if self.shards else range(0)

    def documents_of(self, shard: int) -> int:
        """Return how many documents a shard has."""
        return sum(self.parts[part] for part in self.parts_of(shard))


@dataclass(frozen=True, slots=True)
class PlannedDocument:
    """A document that the source named; `etag` is the object's when it was listed, empty where there is none."""

    source: str
    etag: str = ""
    size: int = 0


def write_documents(documents: Iterable[PlannedDocument]) -> bytes:
    """Write documents one a line."""
    return "".join(f"{json.dumps([each.source, each.etag, each.size])}\n" for each in documents).encode()


def read_documents(data: bytes) -> Iterator[PlannedDocument]:
    """Read what `write_documents` wrote."""
    for line in data.splitlines():
        source, etag, size = json.loads(line)
        yield PlannedDocument(source, etag, size)
