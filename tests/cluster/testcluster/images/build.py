"""Build images into archives that any containerd can import."""

import os
from pathlib import Path

from testcluster.errors import ClusterError
from testcluster.images.base import BASE_IMAGE, ensure_base_image
from testcluster.images.inputs import ImageSource, digest_of
from testcluster.images.machine import volumes
from testcluster.images.storage import buildah
from testcluster.locks import locked
from testcluster.paths import cache_folder
from testcluster.progress import say

UNKNOWN_INPUTS = "unknown-inputs"
"""Stands for the digest where the inputs are not known: such an image is always built and loaded."""


def build_archive(source: ImageSource) -> Path:
    """Build an image, unless one of the same inputs is in the cache, and return its archive.

    The build argument BASE_IMAGE is set to the local base image.
    """
    digest = digest_of(source)
    archive = archive_folder(source.reference) / f"{digest or UNKNOWN_INPUTS}.tar"
    if digest is not None and archive.is_file():
        return archive
    ensure_base_image()
    with locked("image-builds"):
        say(f"building image {source.tag}")
        _build(source)
        _write_only_archive(source.reference, archive)
    return archive


def base_archive() -> Path:
    """The base image's own archive."""
    archive = archive_folder(BASE_IMAGE) / "base.tar"
    if not archive.is_file():
        ensure_base_image()
        with locked("image-builds"):
            _write_only_archive(BASE_IMAGE, archive)
    return archive


def built_archive(reference: str) -> Path:
    """The archive of an image that was built before."""
    archives = list(archive_folder(reference).glob("*.tar"))
    if not archives:
        raise ClusterError(f"{reference}: no such image was built; build it with `python3 -m testcluster build`")
    return archives[0]


def archive_folder(reference: str) -> Path:
    """The folder that holds the one archive of an image, named after the digest of what it was built from."""
    return cache_folder() / "images" / reference.replace("/", "_").replace(":", "_")


def _build(source: ImageSource) -> None:
    """Build, and forget the image that had the name before; what both are made of stays, as the next build's cache."""
    before = _image_id(source.reference)
    here = ("--isolation", "chroot", "--layers", "--pull-never", "--build-arg", f"BASE_IMAGE={BASE_IMAGE}")
    recipe = ("--file", source.dockerfile, "--tag", source.reference, source.context)
    buildah("build", *here, *volumes(), *source.build_options, *recipe)
    if before and before != _image_id(source.reference):
        buildah("rmi", before)


def _image_id(reference: str) -> str:
    return buildah("images", "--quiet", "--no-trunc", "--filter", f"reference={reference}").strip()


def _write_only_archive(reference: str, archive: Path) -> None:
    """Write in Docker's format, whose layers buildah leaves uncompressed, so that they load quickly."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(f".{os.getpid()}")
    buildah("push", "--quiet", reference, f"docker-archive:{unfinished}:{reference}")
    for old in archive.parent.glob("*.tar"):
        old.unlink()
    unfinished.rename(archive)
