"""buildah with a storage of its own in the per-user cache, apart from what else the machine builds."""

from pathlib import Path

from testcluster.paths import cache_folder
from testcluster.shell import run


def buildah(*arguments: str | Path) -> str:
    """Run one buildah command and return its output."""
    folder = cache_folder() / "buildah"
    storage = ("--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "overlay")
    return run("nice", "-n", "10", "buildah", *storage, *arguments)
