"""The end of a program's log, as a condition may show it: one line, and no secret in it."""

import re

_LINES = 5
_LONGEST = 600

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)|[\x00-\x08\x0b-\x1f\x7f]")
"""Sequences that colour a terminal or move its cursor, and other control characters but tab and newline."""

_HIDDEN = "[hidden]"
_NAME_OF_ONE = r"[\w-]*(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|credentials?|signature)"
_SECRETS = (
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{_HIDDEN}@"),
    (re.compile(r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?).+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}"), rf"\1{_HIDDEN}"),
    (re.compile(rf"(?i)({_NAME_OF_ONE}[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;]+"), rf"\1{_HIDDEN}"),
    (re.compile(rf"(?i)(--{_NAME_OF_ONE}\s+)\S+"), rf"\1{_HIDDEN}"),
    (re.compile(r"\b(?:sk|hf|gh[opsu]|xox[abp])[-_][\w-]{12,}|\bAKIA[A-Z0-9]{16}\b"), _HIDDEN),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), _HIDDEN),
)
"""What a secret looks like where it is named, and the forms that providers give to theirs."""


def last_words(log: str) -> str:
    """Return the last lines of a log that say anything, without secrets and cut to what a condition can hold."""
    lines = [" ".join(line.split()) for line in _TERMINAL.sub("", log).splitlines()]
    return cut(" | ".join(map(without_secrets, [line for line in lines if line][-_LINES:])))


def without_secrets(text: str) -> str:
    """Return a text with whatever looks like a secret hidden."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def cut(text: str) -> str:
    """Return the last part of a long text, as one line: tools say at the end what went wrong."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else "…" + line[-_LONGEST:]
