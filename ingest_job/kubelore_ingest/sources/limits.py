"""How large a document may be."""

from kubelore.errors import ErrorCode, KubeloreError


def check_size(subject: str, size: int, most: int) -> None:
    """Raise SOURCE_TOO_LARGE for a document of more bytes than allowed."""
    if size > most:
        raise KubeloreError(ErrorCode.SOURCE_TOO_LARGE, subject, f"{size} bytes, at most {most} are taken")
