"""Looks at the machine: Python, the state folder, the port."""

import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, Health, checked, good
from kubelore_cli.laptop.instance import only_instance
from kubelore_cli.laptop.ports import listen

_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 2 * 1024**3


def check_machine(settings: Settings) -> Iterator[Check]:
    """Look at everything that belongs to this machine."""
    yield check_python(sys.version_info[:3])
    yield check_state_dir(settings.state_dir)
    yield check_disk(settings.state_dir, shutil.disk_usage(_existing(settings.state_dir)).free)
    yield check_port(settings.host, settings.port)


def check_python(version: tuple[int, ...]) -> Check:
    """See that this Python is new enough."""
    found = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if version < _OLDEST_PYTHON:
        return Check("Python", Health.BAD, found, f"install Python {'.'.join(map(str, _OLDEST_PYTHON))} or newer")
    return good("Python", found)


def check_state_dir(state_dir: Path) -> Check:
    """See that the state folder can be written to, and whether another process works in it."""
    try:
        with only_instance(state_dir):
            return good("state folder", str(state_dir.absolute()))
    except KubeloreError as error:
        health = Health.WARNING if error.code is ErrorCode.STATE_IN_USE else Health.BAD
        return Check("state folder", health, error.message)


def check_disk(state_dir: Path, free: int) -> Check:
    """See that there is room for documents and vectors."""
    found = f"{free / 1024**3:.1f} GiB free for {state_dir.absolute()}"
    if free < _LEAST_FREE_BYTES:
        return Check("disk", Health.WARNING, found, "make room, or name another folder with --state-dir")
    return good("disk", found)


def check_port(host: str, port: int) -> Check:
    """See that the gateway's port is free."""

    def look() -> str:
        with listen(host, port):
            return f"{host}:{port} is free"

    return checked("port", look)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
