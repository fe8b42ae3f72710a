"""Checks a model's files against their SHA-256 checksums."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError

CHECKSUM_FILE = "SHA256SUMS"
"""`<checksum>  <file>` a line, as `sha256sum` writes it."""


def sha256_of(file: Path) -> str:
    """Return a file's checksum in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(folder: Path, expected: Mapping[str, str]) -> None:
    """Raise KubeloreError MODEL_NOT_FOUND or MODEL_CORRUPT for the first file that isn't what it should be."""
    for name, checksum in expected.items():
        file = folder / name
        if not file.is_file():
            raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"model file {file}")
        if sha256_of(file) != checksum:
            raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model file {file}", "its SHA-256 is another")


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the checksums that lie in a folder by file name; none where it has no such file."""
    file = folder / CHECKSUM_FILE
    if not file.is_file():
        return {}
    lines = (line.split(maxsplit=1) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name: checksum for checksum, name in lines}


def write_checksums(folder: Path) -> None:
    """Write the checksums of all files under a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != CHECKSUM_FILE)
    lines = (f"{sha256_of(file)}  {file.relative_to(folder).as_posix()}\n" for file in files)
    (folder / CHECKSUM_FILE).write_text("".join(lines), encoding="utf-8")
