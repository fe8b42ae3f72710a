"""Removes the tags that Markdown and MDX pages carry for their site's layout, and nothing that can be read."""

import re

_CODE_SPAN = r"(?P<code>(?P<ticks>`+)(?!`).{1,2000}?(?<!`)(?P=ticks)(?!`))"
_HTML_TAGS = (
    "a|abbr|b|big|blockquote|br|center|cite|col|colgroup|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer"
    "|h[1-6]|header|hr|i|img|ins|kbd|li|main|mark|ol|p|picture|q|s|samp|section|small|source|span|strike|strong|sub"
    "|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video"
)
_COMMENT = "<!--.{0,10000}?-->"
_HTML = re.compile(
    rf"{_CODE_SPAN}|{_COMMENT}|</?(?:{_HTML_TAGS})(?:\s[^<>]*)?/?>",
    re.DOTALL | re.IGNORECASE,
)
_JSX_NAME = rf"[A-Z][\w.]*|{_HTML_TAGS}"
_JSX = re.compile(
    rf"{_CODE_SPAN}|{_COMMENT}|\{{/\*.{{0,10000}}?\*/\}}|(?P<tag></?(?:{_JSX_NAME})(?=[\s/>{{])|</?(?=>))", re.DOTALL
)
_MODULE_CODE = re.compile(
    r"""(?:\A|(?<=\n\n))
    (?: import \s+ (?: [\w*{] | ["'] )
      | export \s+ (?: [*{] | (?:async|class|const|default|function|interface|let|type|var) \b ) )
    (?: [^\n] | \n (?!\s*(?:\n|\Z)) )*""",
    re.VERBOSE,
)
"""A module's lines last until a blank one."""

_LABEL = re.compile(r"""\s(?:title|label|value)=(["'])(.+?)\1""", re.DOTALL)
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_LONGEST_TAG = 10_000


def without_html(prose: str) -> str:
    """Remove HTML's own tags and comments; `<your-key>` is no tag of HTML's and stays."""
    return _tidied(_HTML.sub(lambda match: match["code"] or "", prose))


def without_mdx(prose: str) -> str:
    """Remove imports, exports, comments and JSX tags; a tag's title, label or value stays in its place."""
    return _tidied(_without_tags(_MODULE_CODE.sub("", prose)))


def _tidied(prose: str) -> str:
    return _BLANK_LINES.sub(lambda blank: "\n" * min(blank[0].count("\n"), 2), prose)


def _without_tags(prose: str) -> str:
    kept: list[str] = []
    position = 0
    while match := _JSX.search(prose, position):
        kept.append(prose[position : match.start()])
        position = match.end()
        if match["code"]:
            kept.append(match["code"])
        elif match["tag"]:
            position = _tag_end(prose, match.end())
            kept.append(_what_a_tag_says(prose, match.start(), position))
    return "".join((*kept, prose[position:]))


def _tag_end(prose: str, start: int) -> int:
    """Return where a tag ends whose name ends at `start`, or `start` where it has no end.

    Its attributes may hold `>` in quotes and in braces.
    """
    depth, quote = 0, ""
    for position in range(start, min(len(prose), start + _LONGEST_TAG)):
        character = prose[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character == ">" and depth == 0:
            return position + 1
        else:
            depth += (character == "{") - (character == "}")
    return start


def _what_a_tag_says(prose: str, start: int, end: int) -> str:
    """Return a tag's label, as a paragraph where it ends its line; of what is no whole tag, all of it."""
    tag = prose[start:end]
    if not tag.endswith(">"):
        return tag
    label = _LABEL.search(tag)
    return label[2] + "\n" * prose.startswith("\n", end) if label else ""
