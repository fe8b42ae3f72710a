"""Programs that are built once and kept in the per-user cache."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testcluster.errors import ClusterUnavailableError
from testcluster.locks import locked
from testcluster.paths import cache_folder
from testcluster.progress import say


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that building takes, and what to install to have it."""

    program: str
    install: str


def program_folder(name: str, what: str, build: Callable[[Path], None], *builders: Builder) -> Path:
    """Return the cache's folder `name`, filled by `build` if it is not there yet.

    Raises ClusterUnavailableError where a builder is missing.
    """
    folder = cache_folder() / "programs" / name
    with locked(name):
        if not folder.is_dir():
            _require(what, builders)
            say(f"building {what} (once)")
            _build(folder, build)
    return folder


def _require(what: str, builders: tuple[Builder, ...]) -> None:
    for builder in builders:
        if shutil.which(builder.program) is None:
            missing = f"no `{builder.program}` on PATH to build it with; install {builder.install}"
            raise ClusterUnavailableError(f"{what}: {missing}")


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    """Build beside the folder, which is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        target = Path(scratch) / "built"
        target.mkdir()
        build(target)
        target.rename(folder)
