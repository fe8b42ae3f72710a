"""The cgroup that all pods of a cluster live under, in every hierarchy that the machine has."""

import contextlib
import os
from functools import partial
from pathlib import Path

from testcluster.waiting import wait_until

_SECONDS_TO_GO = 30
_MOUNT = Path("/sys/fs/cgroup")
_COPIED_FROM_PARENT = ("cpuset.cpus", "cpuset.mems")
_CONTROLLERS = "+cpu +cpuset +memory +pids"


def create_cgroup(name: str) -> None:
    """Make the cgroup `name` at the top of every hierarchy, ready to hold others."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for setting in _COPIED_FROM_PARENT:
            if (group / setting).exists() and not _is_unified():
                (group / setting).write_text((hierarchy / setting).read_text())
        if _is_unified():
            for level in (hierarchy, group):
                (level / "cgroup.subtree_control").write_text(_CONTROLLERS)


def remove_cgroup(name: str) -> None:
    """Remove the cgroup `name` and all in it; its processes must have ended."""
    for hierarchy in _hierarchies():
        top = hierarchy / name
        wait_until(f"no cgroup left in {top}", partial(_is_removed, top), _SECONDS_TO_GO)


def _is_removed(top: Path) -> bool:
    """Remove what can be removed; a cgroup stays busy for a moment after its last process ended."""
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
    return not top.exists()


def _is_unified() -> bool:
    """Tell version 2, one hierarchy, from version 1, one for each controller."""
    return (_MOUNT / "cgroup.controllers").exists()


def _hierarchies() -> list[Path]:
    return [_MOUNT] if _is_unified() else [entry for entry in _MOUNT.iterdir() if not entry.is_symlink()]
