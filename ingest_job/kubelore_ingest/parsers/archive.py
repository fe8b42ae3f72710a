"""Looks at a zip archive before anything in it is unpacked."""

import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from kubelore.errors import ErrorCode, KubeloreError

ARCHIVE_DAMAGE = (BadZipFile, EOFError, NotImplementedError, zlib.error)
"""What `zipfile` raises on damaged archives."""

_MOST_UNPACKED_BYTES = 256 * 1024 * 1024
_ENCRYPTED_FLAG = 0x1


def check_archive(data: bytes, name: str) -> None:
    """Refuse passwords, and zip bombs by their declared size, past which `zipfile` never unpacks.

    Raises KubeloreError DOCUMENT_ENCRYPTED or DOCUMENT_BROKEN, and what ARCHIVE_DAMAGE names.
    """
    with ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise KubeloreError(ErrorCode.DOCUMENT_ENCRYPTED, name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MOST_UNPACKED_BYTES:
        raise KubeloreError(
            ErrorCode.DOCUMENT_BROKEN, name, f"it unpacks to {unpacked} bytes, {_MOST_UNPACKED_BYTES} are allowed"
        )
