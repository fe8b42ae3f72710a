"""What an image is made from, so that nothing is built twice."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+(.*)$", re.MULTILINE | re.IGNORECASE)
_CONTINUED_LINE = re.compile(r"\\\n")
_UNINTERESTING = "__pycache__"


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A Dockerfile, the folder that it copies from, its stage and its build arguments. `tag` is the image's name."""

    dockerfile: Path
    context: Path
    tag: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None

    @property
    def reference(self) -> str:
        """The full name that the kubelet makes of `tag`."""
        first, slash, _ = self.tag.partition("/")
        if not slash:
            return f"docker.io/library/{self.tag}"
        names_a_host = "." in first or ":" in first or first == "localhost"
        return self.tag if names_a_host else f"docker.io/{self.tag}"

    @property
    def build_options(self) -> list[str]:
        """What a builder is told beside the recipe's place: arguments and stage."""
        arguments = [word for name, value in self.arguments.items() for word in ("--build-arg", f"{name}={value}")]
        return arguments + (["--target", self.target] if self.target else [])


def digest_of(source: ImageSource) -> str | None:
    """A digest of all that goes into the image; None when the Dockerfile copies its whole context."""
    digest = hashlib.sha256()
    digest.update(source.dockerfile.read_bytes())
    digest.update(repr((source.tag, source.target, sorted(source.arguments.items()))).encode())
    for pattern in _copied(source):
        if pattern.strip("./") == "":
            return None
        for file in _files(source.context, pattern):
            digest.update(f"{file.relative_to(source.context)} {file.stat().st_mode}".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _copied(source: ImageSource) -> Iterator[str]:
    text = _CONTINUED_LINE.sub(" ", source.dockerfile.read_text())
    for match in _COPY.finditer(text):
        words = match[1].split()
        if any(word.startswith("--from=") for word in words):
            continue
        *sources, _ = (word for word in words if not word.startswith("--"))
        yield from (Template(pattern).safe_substitute(source.arguments) for pattern in sources)


def _files(context: Path, pattern: str) -> Iterator[Path]:
    for found in sorted(context.glob(pattern.strip("/"))):
        below = sorted(found.rglob("*")) if found.is_dir() else [found]
        yield from (file for file in below if file.is_file() and _UNINTERESTING not in file.parts)
