"""What all backends must know of a text's characters."""

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT_CHARACTER = "\ufffd"


def valid_unicode(text: str) -> str:
    """Replace halves of surrogate pairs, which neither tokenizers nor UTF-8 take."""
    return _LONE_SURROGATE.sub(_REPLACEMENT_CHARACTER, text)


def visible_characters(text: str) -> int:
    """Count the characters that are no space."""
    return sum(not character.isspace() for character in text)
