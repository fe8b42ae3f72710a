"""How far the fetch of a model is, by the log of what fetches it."""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from kubelore.jobs.model_fetch import ModelProgress

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_AMOUNT = r"([\d.]+) ?([KMGT]?B)"
_BAR = re.compile(rf"pulling ([0-9a-f]{{12}})\S*\s+\d+%\D*?{_AMOUNT}(?:/ *{_AMOUNT})?(?: +{_AMOUNT}/s)?")
"""A layer's line of `ollama pull` (its progress/bar.go): amounts by thousands; one that is there has just its size."""


def model_fetch_progress(log: str) -> ModelProgress | None:
    """Read the last line in which `kubelore-model-fetch` tells how far it is."""
    return next(_reports(reversed(log.splitlines())), None)


def ollama_pull_progress(log: str) -> ModelProgress | None:
    """Add up the layers that `ollama pull` last painted; it rounds, and learns of layers one by one."""
    layers = {found[1]: found for found in _BAR.finditer(log)}
    if not layers:
        return None
    return ModelProgress(
        bytes_done=sum(_amount(found, 2) for found in layers.values()),
        bytes_total=sum(_amount(found, 4) or _amount(found, 2) for found in layers.values()),
        rate=sum(_amount(found, 6) for found in layers.values()),
    )


def _reports(lines: Iterator[str]) -> Iterator[ModelProgress]:
    for line in lines:
        try:
            yield ModelProgress.model_validate_json(line)
        except ValidationError:
            continue


def _amount(found: re.Match[str], group: int) -> int:
    number, unit = found[group], found[group + 1]
    return int(float(number) * _UNITS[unit]) if number else 0
