"""Which keys every object store takes."""

import re

from kubelore.errors import ErrorCode, KubeloreError

LONGEST_KEY_BYTES = 1024
"""The longest key of S3."""

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def check_key(key: str) -> str:
    """Return the key; raises OBJECT_STORE_REFUSED for one that some store would refuse or take for another.

    HTTP clients resolve a part `.` or `..` like a path, so such a key could reach another object, or another bucket.
    """
    if not 0 < len(_utf8(key)) <= LONGEST_KEY_BYTES:
        raise refused_key(key, f"a key has 1 to {LONGEST_KEY_BYTES} bytes")
    if _CONTROL_CHARACTER.search(key):
        raise refused_key(key, "a key holds no control characters")
    if not {".", ".."}.isdisjoint(key.split("/")):
        raise refused_key(key, "no part of a key between slashes is . or ..")
    return key


def refused_key(key: str, detail: str) -> KubeloreError:
    """Say why a key is not taken."""
    return KubeloreError(ErrorCode.OBJECT_STORE_REFUSED, f"object {key[:128]!r}", detail)


def _utf8(key: str) -> bytes:
    try:
        return key.encode()
    except UnicodeEncodeError as error:
        raise refused_key(key, "a key is valid Unicode") from error
