"""Tells in which language a question wants its answer, by the script it is written in."""

import re
from enum import StrEnum

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
_KANA = re.compile(r"[\u3040-\u30ff]")


class Language(StrEnum):
    """The languages that there are templates for."""

    ENGLISH = "en"
    CHINESE = "zh"


def language_of(text: str) -> Language:
    """Return Chinese for a text with Chinese characters in it, English for any other.

    One is enough: product names in Latin letters are the longer part of many Chinese questions. Kana say that
    the text is Japanese.
    """
    return Language.CHINESE if _HAN.search(text) and not _KANA.search(text) else Language.ENGLISH
