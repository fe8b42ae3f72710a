"""What a child tells its sandbox: never more than data, since a document may have taken the child over."""

from pydantic import Field

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode

LONGEST_DETAIL = 200

DOCUMENT_FAULTS = frozenset(
    {
        ErrorCode.DOCUMENT_EMPTY,
        ErrorCode.DOCUMENT_UNSUPPORTED,
        ErrorCode.DOCUMENT_BROKEN,
        ErrorCode.DOCUMENT_ENCRYPTED,
        ErrorCode.DOCUMENT_HAS_NO_TEXT,
        ErrorCode.DOCUMENT_TOO_MANY_SCANS,
        ErrorCode.READER_NOT_INSTALLED,
    }
)
"""What a parser found out: the child is as sound as before."""

CHILD_FAULTS = frozenset({ErrorCode.PARSE_CRASHED, ErrorCode.PARSE_OUT_OF_MEMORY})
"""What a document did to the child, or what the documents before it left there."""


class ParseFailure(StoredModel):
    """Why a document couldn't be parsed."""

    code: ErrorCode
    detail: str = Field(default="", max_length=LONGEST_DETAIL)


class Reply(StoredModel):
    """A parsed document, or why there is none."""

    document: ParsedDocument | None = None
    failure: ParseFailure | None = None
