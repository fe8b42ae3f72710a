"""Where things are kept: the repository, the per-user cache, a cluster's own folder."""

import os
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1]
REPOSITORY = SOURCES.parents[1]
DEFAULT_CLUSTER_FOLDER = REPOSITORY / ".cluster"


def cache_folder() -> Path:
    """The folder of what is built once per user and kept: programs, images."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kubelore" / "test-cluster"
