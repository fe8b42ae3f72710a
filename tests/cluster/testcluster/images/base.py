"""The base image of all others: a small Debian with Python, made by debootstrap."""

import shutil
import tempfile
from pathlib import Path

from testcluster.images.storage import buildah
from testcluster.locks import locked
from testcluster.paths import SOURCES
from testcluster.progress import say
from testcluster.shell import run

BASE_IMAGE = "docker.io/kubelore-test/base:bookworm"
_PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
_NOT_NEEDED_TO_RUN = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man")


def ensure_base_image() -> str:
    """Make the base image if the storage lacks it (about a minute) and return its name."""
    with locked("base-image"):
        if not buildah("images", "--quiet", "--filter", f"reference={BASE_IMAGE}").strip():
            say("building the base image (once)")
            with tempfile.TemporaryDirectory() as scratch:
                _make_root_filesystem(Path(scratch) / "rootfs")
                recipe = SOURCES / "images" / "base.Dockerfile"
                buildah("build", "--isolation", "chroot", "--tag", BASE_IMAGE, "--file", recipe, scratch)
    return BASE_IMAGE


def _make_root_filesystem(root: Path) -> None:
    run("nice", "-n", "10", "debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", root)
    for folder in _NOT_NEEDED_TO_RUN:
        shutil.rmtree(root / folder)
    _behave_like_the_public_image(root)


def _behave_like_the_public_image(root: Path) -> None:
    """Let `python` be found and pip install anywhere, as in the image that this one stands in for."""
    (root / "usr/bin/python").symlink_to("python3")
    for marker in root.glob("usr/lib/python3.*/EXTERNALLY-MANAGED"):
        marker.unlink()
