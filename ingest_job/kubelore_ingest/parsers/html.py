"""Reads HTML: the main content, without navigation, scripts and what is hidden."""

import codecs
import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.block_writer import BlockWriter
from kubelore_ingest.parsers.html_tree import HEADINGS, TreeReader
from kubelore_ingest.parsers.metadata import flat_metadata

_CHARSET_WITHIN = 1024
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_NO_CONTENT = (
    *("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "audio", "video"),
    *("nav", "footer", "aside", "form", "button", "select", "input", "textarea", "dialog", "menu"),
)
_NOT_SHOWN = etree.XPath(
    "//*[@hidden or @aria-hidden='true' or @role='navigation' or @role='banner' or @role='contentinfo'"
    " or @role='search'] | /html/body/header"
)
_MAIN = (etree.XPath("//main | //*[@role='main']"), etree.XPath("//article"))


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read an HTML page in the encoding that it declares, else in any that `decode` knows."""
    root, writer = read_tree(data, name), BlockWriter()
    title, metadata = _title(root), _metadata(root)
    TreeReader(writer).read(main_content(root))
    document = writer.build(title, metadata)
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def read_tree(data: bytes, name: str) -> HtmlElement:
    """Return a page's tree; raises KubeloreError DOCUMENT_EMPTY, _UNSUPPORTED or _BROKEN."""
    return _tree(_decoded(data, name), name)


def main_content(root: HtmlElement) -> HtmlElement:
    """Return the part of a tree that holds the main content, after taking out of the tree what is no content."""
    _drop_what_is_no_content(root)
    for find in _MAIN:
        found = find(root)
        if len(found) == 1 and found[0].text_content().strip():
            return found[0]
    body = root.find("body")
    return root if body is None else body


def has_headings(content: HtmlElement) -> bool:
    """Whether a heading is in it."""
    return next(content.iter(*HEADINGS), None) is not None


def _decoded(data: bytes, name: str) -> str:
    declared = _CHARSET.search(data[:_CHARSET_WITHIN])
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # A wrong declaration is common; the bytes themselves say more.
    return decode(data, name)


def _tree(text: str, name: str) -> HtmlElement:
    """Parse without a network and without entities of the page's own; HTML's tree repairs all but excess."""
    parser = HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name) from error
    except etree.XMLSyntaxError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "the HTML can't be read") from error
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "the HTML is nested too deeply")
    return root


def _title(root: HtmlElement) -> str:
    return root.findtext(".//title") or ""


def _metadata(root: HtmlElement) -> dict[str, str]:
    named = {meta.get("name", "").lower(): meta.get("content", "") for meta in root.iter("meta")}
    kept = {key: named.get(key, "") for key in ("description", "author", "keywords")}
    return flat_metadata({**kept, "language": root.get("lang", "")})


def _drop_what_is_no_content(root: HtmlElement) -> None:
    etree.strip_elements(root, *_NO_CONTENT, with_tail=False)
    for element in _NOT_SHOWN(root):
        if element.getparent() is not None:
            element.drop_tree()
