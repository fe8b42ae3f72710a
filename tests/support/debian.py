"""Servers of Debian's packages, run by tests as an unprivileged user on ports and folders of their own."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

_USER = "nobody"
_SECONDS_TO_INSTALL = 600


@cache
def debian_program(package: str, name: str, *folders: str) -> Path:
    """Return a package's program, installed if need be; the test is skipped with the reason where it can't be."""
    found = _find(name, folders)
    if found is None:
        _install(package)
        found = _find(name, folders)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian's package {package}), and could not be")
    return found


def as_nobody(command: Sequence[str]) -> list[str]:
    """Return the command as it is run without root's rights; PostgreSQL and MariaDB refuse to run with them."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={_USER}", f"--regid={_group()}", "--clear-groups", *command]


def folder_of_nobody(folder: Path) -> Path:
    """Make a folder that the unprivileged user may write, and reach."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, _USER, _group())
    return folder


def _find(name: str, folders: Sequence[str]) -> Path | None:
    places = [str(path) for pattern in folders for path in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))
    return Path(found) if found else None


def _install(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    # At this run level, no package starts its server.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    wait = "DPkg::Lock::Timeout=300"
    for words in (("update",), ("install", "--yes", "--no-install-recommends", package)):
        subprocess.run(
            ["apt-get", "-o", wait, *words], env=env, check=False, capture_output=True, timeout=_SECONDS_TO_INSTALL
        )


def _group() -> str:
    return "nogroup"
