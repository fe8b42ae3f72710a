"""Opens office documents: what holds for Word, PowerPoint and Excel alike."""

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.signatures import is_ole
from kubelore_ingest.parsers.archive import ARCHIVE_DAMAGE, check_archive

_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_DAMAGE = (
    *ARCHIVE_DAMAGE,
    *(AttributeError, IndexError, KeyError, OverflowError, RecursionError, SyntaxError, TypeError, ValueError),
    etree.LxmlError,
)
"""What the libraries raise on parts that are missing or hold something else; ElementTree's is a SyntaxError."""


@contextmanager
def opening_office_file(data: bytes, name: str, *own_errors: type[Exception]) -> Iterator[None]:
    """Check a document before the block opens it, and take what a library raises on damage for DOCUMENT_BROKEN.

    `own_errors` are the library's own. Raises KubeloreError DOCUMENT_ENCRYPTED, _UNSUPPORTED or _BROKEN.
    """
    if is_ole(data):
        raise _ole_error(data, name)
    try:
        check_archive(data, name)
        yield
    except (*_DAMAGE, *own_errors) as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "no office document can be read from it") from error


def _ole_error(data: bytes, name: str) -> KubeloreError:
    if _ENCRYPTED_STREAM in data:
        return KubeloreError(ErrorCode.DOCUMENT_ENCRYPTED, name)
    return KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, "an office document from before 2007")
