"""What is known of a file that comes in parts, and of its parts."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kubelore.clock import now
from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError
from kubelore_api.ingest.ids import TIME_DIGITS, is_id, time_digits

LIFETIME = timedelta(days=1)
"""How long parts are waited for."""

UPLOAD_PREFIX = "upload_"
_PART_PREFIX = "part_"
_UPLOAD_DIGITS = 32


class UploadState(StrEnum):
    """Where an upload is."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PendingUpload(StoredModel):
    """A file that is announced; times are in seconds since 1970, `bytes` counts the whole file."""

    id: str
    file_id: str
    filename: str
    purpose: str
    media_type: str
    bytes: int
    access_groups: tuple[str, ...] = ()
    created_at: int
    expires_at: int
    state: UploadState = UploadState.PENDING

    def as_it_stands(self) -> "PendingUpload":
        """Return it as expired where its parts were waited for long enough."""
        is_over = self.state is UploadState.PENDING and self.expires_at <= now().timestamp()
        return self.model_copy(update={"state": UploadState.EXPIRED}) if is_over else self

    def require_pending(self) -> None:
        """Raise RequestError where it has ended."""
        if self.state is not UploadState.PENDING:
            raise RequestError(ErrorCode.REQUEST_INVALID, "upload_id", f"it is {self.state}", f"upload {self.id}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has come; its place is told when the upload is completed.

    Its id says when it came and what is in it, so that nothing else has to be kept of it.
    """

    id: str
    bytes: int

    @classmethod
    def new(cls, sha256: str, size: int) -> "Part":
        """Describe a part that comes now."""
        return cls(f"{_PART_PREFIX}{time_digits()}{sha256}", size)

    @property
    def created_at(self) -> int:
        """When it came, in seconds since 1970."""
        return int(self.id.removeprefix(_PART_PREFIX)[:TIME_DIGITS], 16) // 1_000_000

    @property
    def sha256(self) -> str:
        """The digest of its bytes, in hexadecimal digits."""
        return self.id.removeprefix(_PART_PREFIX)[TIME_DIGITS:]


def is_upload_id(text: str) -> bool:
    """Say whether this can be an upload's id."""
    return is_id(text, UPLOAD_PREFIX, _UPLOAD_DIGITS)


def unknown_upload(upload_id: str) -> RequestError:
    """Return the error for an upload that isn't there, or is another tenant's: the caller can't tell which."""
    return RequestError(ErrorCode.RESOURCE_NOT_FOUND, "upload_id", subject=f"upload {upload_id[:200]}")
