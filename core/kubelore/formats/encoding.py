"""Finds out how bytes that claim to be text are encoded."""

import codecs
import re
from unicodedata import category

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.east_asian import decode_east_asian

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32's mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE_BYTES = 65536
"""How much of a file's beginning tells its encoding, and whether it is text at all."""

_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH_BYTES = re.compile(rb"[\xa1-\xff]+")
_MOST_CONTROL_SHARE = 0.01
_MOST_DAMAGED_SHARE = 0.05
_MOSTLY_ASCII = 0.3
_HARDLY_ASCII = 0.02
_LEAST_ZERO_RATIO = 5
_UNASSIGNED = frozenset({"Cn", "Co", "Cs"})
_LEAST_PAIRED_SHARE = 0.7


def decode(data: bytes, name: str) -> str:
    """Decode text: by its byte order mark, else as the first that fits of those below.

    They are UTF-16, UTF-8, GB18030 or Big5 or Shift-JIS by how common their characters are, GB18030, and Latin-1.

    Raises KubeloreError DOCUMENT_UNSUPPORTED where the bytes are no text.
    """
    text = _by_mark(data) or _unicode(data) or _east_asian(data) or _latin(data)
    if _is_binary(text):
        raise KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, "binary data")
    return text


def _by_mark(data: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    return None


def _unicode(data: bytes) -> str | None:
    return _utf16(data, _MOSTLY_ASCII) or _utf8(data) or _utf16(data, _HARDLY_ASCII)


def _utf16(data: bytes, least_zero_share: float) -> str | None:
    """Decode UTF-16 without a mark: every other byte is zero wherever it holds ASCII, if but spaces."""
    even, odd = data[:SAMPLE_BYTES:2].count(0), data[1:SAMPLE_BYTES:2].count(0)
    half = min(len(data), SAMPLE_BYTES) / 2
    if max(even, odd) < half * least_zero_share or min(even, odd) * _LEAST_ZERO_RATIO > max(even, odd):
        return None
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    sample = data[:SAMPLE_BYTES].decode(encoding, errors="replace")
    unassigned = sum(category(character) in _UNASSIGNED for character in sample)
    return data.decode(encoding, errors="replace") if unassigned <= 1 + len(sample) * _MOST_CONTROL_SHARE else None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged_utf8(data)


def _damaged_utf8(data: bytes) -> str | None:
    """Decode UTF-8 that was cut or spoilt in a few places: nearly all of its characters beyond ASCII are whole."""
    text = data.decode("utf-8", errors="replace")
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return text if text.count("\ufffd") <= beyond_ascii * _MOST_DAMAGED_SHARE else None


def _east_asian(data: bytes) -> str | None:
    return decode_east_asian(data) or _gb18030(data)


def _gb18030(data: bytes) -> str | None:
    try:
        return data.decode("gb18030") if _looks_chinese(data[:SAMPLE_BYTES]) else None
    except UnicodeDecodeError:
        return None


def _looks_chinese(sample: bytes) -> bool:
    """Tell Chinese from Latin-1, most of which is valid GB18030 too.

    Nearly all characters of a Chinese text are two high bytes (GB2312); an accented letter stands among ASCII.
    """
    runs = [len(run) for run in _HIGH_BYTES.findall(sample)]
    return sum(run for run in runs if run > 1) >= sum(runs) * _LEAST_PAIRED_SHARE


def _latin(data: bytes) -> str:
    """Decode Latin-1 as Windows-1252, which files that claim Latin-1 mostly are."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_binary(text: str) -> bool:
    sample = text[:SAMPLE_BYTES]
    return len(_CONTROL.findall(sample)) > 1 + len(sample) * _MOST_CONTROL_SHARE
