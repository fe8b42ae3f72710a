"""What is known of one document: the truth about its state."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema

from kubelore.documents.models import StoredModel
from kubelore.errors import CATALOGUE, ErrorCode, KubeloreError


class DocumentState(StrEnum):
    """The end that a document's latest ingest came to."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Failure(StoredModel):
    """Why a document, or a whole task, failed; safe to show to any user.

    Its schema leaves the set of codes open, so that a status takes those of a worker that is newer than the CRD.
    """

    document: str = Field(description="The document by its name, or the task.")
    component: str = Field(description="The part of the system in which the error arose.")
    code: Annotated[ErrorCode, WithJsonSchema({"type": "string"})] = Field(
        description="The error by a name that stays the same."
    )
    retryable: bool = Field(description="Whether another attempt can help.")
    message: str = Field(description="What went wrong, and what to do.")

    @classmethod
    def from_error(cls, document: str, error: KubeloreError) -> "Failure":
        """Describe an error that hit the named document."""
        kind = CATALOGUE[error.code]
        return cls(
            document=document,
            component=kind.component,
            code=error.code,
            retryable=kind.retryable,
            message=error.message,
        )


class DocumentRecord(StoredModel):
    """The record of one document.

    `version` is the content's sha256; `fingerprint` covers every setting that decides the rows (embedding,
    parsing, chunking, metadata, groups), so that equal version and fingerprint mean that nothing has to be done.
    A document that fails after an earlier success keeps that version's rows: `version` and `chunks` stay the
    completed ones, and `failure` says what happened since. `chunks` and `fingerprint` are those of `generation`, the
    one that answered when the document came in. `task_metadata` is the part of `metadata` that the task gave.
    `task_uid` is the task that completed that version: its next attempt counts the document as its own work.
    `etag` is that of the object that the version was read from: an object that still has it need not be read again.
    """

    document_id: str
    source: str
    tenant: str
    name: str
    title: str = ""
    media_type: str = ""
    bytes: int = 0
    state: DocumentState
    version: str = ""
    etag: str = ""
    fingerprint: str = ""
    generation: int = 1
    chunks: int = 0
    metadata: dict[str, str] = Field(default_factory=dict)
    task_metadata: dict[str, str] = Field(default_factory=dict)
    access_groups: tuple[str, ...] = ()
    task_uid: str = ""
    failure: Failure | None = None
    updated_at: datetime

    @property
    def has_rows(self) -> bool:
        """Whether a version of the document was completed, and so its rows have to be there."""
        return self.version != ""
