"""What a sync of a prefix came to."""

from pydantic import Field

from kubelore.documents.models import StoredModel
from kubelore.documents.record import Failure


class SyncReport(StoredModel):
    """What one run found and did; every document under the prefix counts once."""

    finished_at: str = Field(default="", description="When it ended.")
    added: int = Field(default=0, ge=0, description="Documents that it did not know before.")
    changed: int = Field(default=0, ge=0, description="Documents whose content was new.")
    unchanged: int = Field(default=0, ge=0, description="Documents that were as before.")
    failed: int = Field(default=0, ge=0, description="Documents that could not be brought in; they are tried again.")
    deleted: int = Field(default=0, ge=0, description="Documents that were deleted, because their source is gone.")
    left: int = Field(default=0, ge=0, description="Documents that stay although their source is gone.")
    refusal: str | None = Field(default=None, description="Why documents were not deleted that should have been.")


class SyncManifest(StoredModel):
    """The report of the last run with every failure, kept in the object store."""

    report: SyncReport
    failures: tuple[Failure, ...] = ()
