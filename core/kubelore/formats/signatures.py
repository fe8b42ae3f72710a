"""Tells formats by how their files begin, whatever their names say."""

import re

HEAD_BYTES = 4096
"""How much of a file's beginning is enough to tell its format."""

_PDF_WITHIN = 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EPUB = b"mimetypeapplication/epub+zip"
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
_MARK = b"\xef\xbb\xbf"


def is_pdf(head: bytes) -> bool:
    """Whether a PDF begins here; readers allow some bytes before its header."""
    return b"%PDF-" in head[:_PDF_WITHIN]


def is_word(head: bytes) -> bool:
    """Whether this is a zip file that names Word's parts, or an OLE file, which encrypted Word documents are."""
    return (head.startswith(_ZIP) and b"word/" in head) or is_ole(head)


def is_presentation(head: bytes) -> bool:
    """Whether this is a zip file that names PowerPoint's parts."""
    return head.startswith(_ZIP) and b"ppt/" in head


def is_workbook(head: bytes) -> bool:
    """Whether this is a zip file that names Excel's parts."""
    return head.startswith(_ZIP) and b"xl/" in head


def is_epub(head: bytes) -> bool:
    """Whether this is a zip file whose first entry says that it is an EPUB book."""
    return head.startswith(_ZIP) and _EPUB in head


def is_ole(head: bytes) -> bool:
    """Whether this is an OLE compound file: an encrypted office document, or one from before 2007."""
    return head.startswith(_OLE)


def is_html(head: bytes) -> bool:
    """Whether a doctype or an `html` tag comes first."""
    return _HTML.match(head.removeprefix(_MARK)) is not None
