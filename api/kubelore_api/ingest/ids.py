"""The form of the ids that files, uploads, batches and documents have."""

from kubelore.clock import precise_now

TIME_DIGITS = 14
_HEX = frozenset("0123456789abcdef")


def is_id(text: str, prefix: str, digits: int) -> bool:
    """Say whether this is the prefix and so many hexadecimal digits: ids become keys, so that nothing else may pass."""
    rest = text.removeprefix(prefix)
    return text.startswith(prefix) and len(rest) == digits and set(rest) <= _HEX


def time_digits() -> str:
    """Return the microseconds since 1970 in `TIME_DIGITS` hexadecimal digits: ids that begin so are in order."""
    return f"{int(precise_now().timestamp() * 1e6):0{TIME_DIGITS}x}"
