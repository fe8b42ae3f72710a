"""Patterns over keys, as shells and git know them."""

import re

_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_SPECIAL = re.compile(r"\*\*/|\*\*|\*|\?")


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for `fullmatch`.

    `*` and `?` stay within one part of a key, `**` goes over any number of parts; all else stands for itself.
    """
    regex, position = "", 0
    for special in _SPECIAL.finditer(pattern):
        regex += re.escape(pattern[position : special.start()]) + _MEANINGS[special[0]]
        position = special.end()
    return re.compile(regex + re.escape(pattern[position:]), re.DOTALL)
