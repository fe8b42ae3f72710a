"""Reads source code and configuration, line for line as it is."""

import re
from collections.abc import Iterator

from kubelore.documents.chunk import Heading, ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.normalise import as_title, normalise

_MODIFIERS = (
    "export|default|declare|pub|public|private|protected|internal|static|final|abstract|sealed|open|override|"
    "async|inline|virtual|const|unsafe|extern|data|partial|suspend"
)
_KEYWORDS = (
    "class|interface|struct|enum|trait|impl|object|record|module|namespace|protocol|extension|type|"
    "def|func|function|fn|fun|sub|proc|message|service|contract"
)
_DEFINITION = re.compile(
    rf"^(?P<indent>[ \t]*)(?:(?:{_MODIFIERS})(?:\([^)\n]*\))?[ \t]+)*"
    rf"(?P<signature>(?:{_KEYWORDS})\b[ \t]*(?:\([^)\n]*\)[ \t]*|<[^>\n]*>[ \t]*)?[A-Za-z_$@][^\n({{:;=]*)",
    re.MULTILINE,
)
_TABLE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<signature>create[ \t]+(?:or[ \t]+replace[ \t]+)?"
    r"(?:table|view|function|procedure|trigger|index|type)\b[^\n(;]*)",
    re.MULTILINE | re.IGNORECASE,
)
_TAB_WIDTH = 4
_DEEPEST_HEADING = 9


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a program: the text stays as it is, the first line of each class and function is a heading."""
    text = normalise(decode(data, name))
    if not text.strip():
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return ParsedDocument(text=text, headings=tuple(_headings(text)))


def _headings(text: str) -> Iterator[Heading]:
    """Yield the definitions; what is indented deeper than one before it stands within that one."""
    indents: list[int] = []
    for match in sorted((*_DEFINITION.finditer(text), *_TABLE.finditer(text)), key=re.Match.start):
        indent = len(match["indent"].expandtabs(_TAB_WIDTH))
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        yield Heading(start=match.start(), level=min(len(indents), _DEEPEST_HEADING), text=as_title(match["signature"]))
