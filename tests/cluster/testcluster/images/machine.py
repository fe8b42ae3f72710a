"""What a build needs to know of this machine to reach its package index: never written into an image's recipe."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from testcluster.paths import cache_folder
from testcluster.shell import run

_TRUSTED_CERTIFICATES = Path("/etc/ssl/certs")
_SETTING = re.compile(r"^[\w:]+\.([\w-]+)='(.*)'$")
_CONCERNS_BUILDS_TOO = frozenset(
    {"cert", "default-timeout", "extra-index-url", "find-links", "index-url", "proxy", "retries", "trusted-host"}
)


def volumes() -> list[str]:
    """buildah's options that lend a build this machine's certificates and pip settings."""
    settings = _pip_settings()
    lent = [f"{_TRUSTED_CERTIFICATES}:{_TRUSTED_CERTIFICATES}:ro", f"{_write(settings)}:/etc/pip.conf:ro"]
    lent += [f"{folder}:{folder}:ro" for folder in _folders_named_in(settings)]
    return [option for volume in lent for option in ("--volume", volume)]


def _pip_settings() -> dict[str, str]:
    """pip's settings on this machine, from its files and from the environment, which is listed last and wins."""
    matches = (_SETTING.match(line) for line in run(sys.executable, "-m", "pip", "config", "list").splitlines())
    found = sorted((match for match in matches if match), key=lambda match: match[0].startswith(":env:"))
    return {match[1]: match[2] for match in found if match[1] in _CONCERNS_BUILDS_TOO}


def _write(settings: dict[str, str]) -> Path:
    path = cache_folder() / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""]))
    return path


def _folders_named_in(settings: dict[str, str]) -> Iterator[Path]:
    for value in settings.values():
        path = Path(value)
        if path.is_absolute() and path.is_dir():
            yield path
