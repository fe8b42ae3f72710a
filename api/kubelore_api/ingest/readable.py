"""Refuses files that no parser reads before they are kept."""

from typing import BinaryIO

from kubelore.errors import KubeloreError
from kubelore.formats.encoding import SAMPLE_BYTES
from kubelore.formats.formats import require_readable
from kubelore_api.errors import RequestError


def require_readable_file(parameter: str, name: str, content: BinaryIO) -> None:
    """Judge a file by how it begins, and by its name; raises RequestError DOCUMENT_UNSUPPORTED."""
    content.seek(0)
    require_readable_head(parameter, name, content.read(SAMPLE_BYTES))
    content.seek(0)


def require_readable_head(parameter: str, name: str, head: bytes) -> None:
    """Judge a file by its first bytes, and by its name; raises RequestError DOCUMENT_UNSUPPORTED."""
    try:
        require_readable(name, head[:SAMPLE_BYTES])
    except KubeloreError as error:
        raise RequestError(error.code, parameter, error.detail, subject=name[:200]) from error
