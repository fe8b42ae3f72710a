"""Which names a server may give to files in the target folder."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from kubelore.errors import ErrorCode, KubeloreError

COMPLETE_NAME = ".complete.json"
LOCK_NAME = ".lock"
PARTIAL_NAME = ".partial"
PROGRESS_NAME = ".progress.json"

_OURS = frozenset(
    {COMPLETE_NAME, LOCK_NAME, PARTIAL_NAME, PROGRESS_NAME, f"{COMPLETE_NAME}.new", f"{PROGRESS_NAME}.new"}
)
_LONGEST_PART_BYTES = 255
_LONGEST_PATH_BYTES = 1024
_NAMELESS = "model"


def safe_path(name: str) -> str:
    """Return the name as a path inside the target folder; raises MODEL_SOURCE_REFUSED where it is none."""
    parts = name.split("/")
    if len(name.encode(errors="replace")) > _LONGEST_PATH_BYTES or not all(map(_is_file_name, parts)):
        raise _refused(name, "it is no path inside a folder")
    if parts[0] in _OURS:
        raise _refused(name, "that name is used by Kubelore itself")
    return name


def name_in_url(url: str) -> str:
    """Return the last part of an address' path, or a name of ours where that is none."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return name if _is_file_name(name) and name not in _OURS else _NAMELESS


def _is_file_name(part: str) -> bool:
    return (
        part not in {"", ".", ".."}
        and part.isprintable()
        and "\\" not in part
        and len(part.encode(errors="replace")) <= _LONGEST_PART_BYTES
    )


def _refused(name: str, detail: str) -> KubeloreError:
    return KubeloreError(ErrorCode.MODEL_SOURCE_REFUSED, f"file {name[:200]!r} of the model", detail)
