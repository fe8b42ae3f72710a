"""Gives every key a path of its own under a folder, and no key a path outside it.

Each part of a key between slashes is one name: an empty part is a lone `%`, and a `%` of the key is `%25`, so that the
way back is exact.
"""

from pathlib import PurePosixPath

from kubelore.objectstore.keys import check_key, refused_key

_EMPTY = "%"
_ESCAPED_PERCENT = "%25"
_LONGEST_NAME_BYTES = 255


def path_of(key: str) -> PurePosixPath:
    """Return the relative path that a key is kept at.

    Raises KubeloreError OBJECT_STORE_REFUSED for a key that no store takes, or with a part longer than a file name.
    """
    names = [part.replace("%", _ESCAPED_PERCENT) or _EMPTY for part in check_key(key).split("/")]
    if any(len(name.encode()) > _LONGEST_NAME_BYTES for name in names):
        raise refused_key(key, f"a part between slashes has at most {_LONGEST_NAME_BYTES} bytes")
    return PurePosixPath(*names)


def part_of(name: str) -> str:
    """Return the part of a key that a file or folder name stands for."""
    return "" if name == _EMPTY else name.replace(_ESCAPED_PERCENT, "%")
