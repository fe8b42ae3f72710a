"""One file of a model, as its source names it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch.

    `path` is safe inside the target folder. `token` goes to the address' own origin only. `sha256` is what the
    source, or the order, says that it must be.
    """

    path: str
    url: str
    token: str | None = field(default=None, repr=False)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that its server was asked about.

    `validator` is what If-Range takes: it changes whenever the content does. `size` is in bytes.
    """

    remote: RemoteFile
    size: int | None
    validator: str | None
    takes_ranges: bool

    @property
    def is_resumable(self) -> bool:
        """Whether parts that were fetched at different times can be told to be of one content."""
        return self.takes_ranges and self.size is not None and bool(self.validator or self.remote.sha256)
