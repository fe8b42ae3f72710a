"""A model of the Hugging Face hub, or of a mirror: a file, those that match a pattern, or a whole repository."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import HUB_ENDPOINT_VARIABLE, HUB_TOKEN_VARIABLE
from kubelore.resources.llm_server import HuggingFaceSource
from kubelore_ingest.model_fetch.names import safe_path
from kubelore_ingest.model_fetch.remote import RemoteFile
from kubelore_ingest.model_fetch.web import Web, code_of, source_error

PUBLIC_HUB = "https://huggingface.co"
_LARGEST_LISTING = 64 << 20


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub's address, without a slash at its end, and the token that it is asked with."""

    endpoint: str = PUBLIC_HUB
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Hub":
        """Read the variables that the hub's own tools read; raises SETTINGS_INVALID for what is no web address."""
        endpoint = environment.get(HUB_ENDPOINT_VARIABLE, "").strip() or PUBLIC_HUB
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or "@" in parts.netloc:
            raise KubeloreError(
                ErrorCode.SETTINGS_INVALID, HUB_ENDPOINT_VARIABLE, "it has the form http(s)://host[:port][/path]"
            )
        return cls(endpoint.rstrip("/"), environment.get(HUB_TOKEN_VARIABLE, "").strip() or None)

    def listing_url(self, source: HuggingFaceSource) -> str:
        """Where a revision's files are listed, with the checksums of the large ones."""
        return f"{self.endpoint}/api/models/{source.repo}/revision/{quote(source.revision, safe='')}?blobs=true"

    def file_url(self, source: HuggingFaceSource, commit: str, path: str) -> str:
        """Where one file of a commit is."""
        return f"{self.endpoint}/{source.repo}/resolve/{quote(commit, safe='')}/{quote(path)}"


class _LargeFile(StoredModel):
    sha256: str | None = None


class _Sibling(StoredModel):
    rfilename: str
    lfs: _LargeFile | None = None


class _Listing(StoredModel):
    sha: str | None = None
    siblings: tuple[_Sibling, ...] = ()


async def hugging_face_files(source: HuggingFaceSource, hub: Hub, web: Web) -> tuple[RemoteFile, ...]:
    """Name the files of the commit that the revision stands at now.

    Raises as `Web.get` does, and MODEL_SOURCE_NOT_FOUND where no file has the name or matches the pattern.
    """
    listing = await _list(source, hub, web)
    commit = listing.sha or source.revision
    chosen = _choose(source, listing.siblings)
    return tuple(
        RemoteFile(
            path=safe_path(file.rfilename),
            url=hub.file_url(source, commit, file.rfilename),
            token=hub.token,
            sha256=file.lfs.sha256 if file.lfs else None,
        )
        for file in chosen
    )


async def _list(source: HuggingFaceSource, hub: Hub, web: Web) -> _Listing:
    url = hub.listing_url(source)
    async with web.get(url, hub.token, {"Accept": "application/json"}) as response:
        if response.status != HTTPStatus.OK:
            raise source_error(code_of(response.status), url, f"HTTP {response.status}")
        body = bytearray()
        async for part in response.content.iter_any():
            body += part
            if len(body) > _LARGEST_LISTING:
                raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, url, "its list of files is too long")
    try:
        return _Listing.model_validate_json(bytes(body))
    except ValidationError as error:
        raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, url, "its answer is not the hub's list of files") from error


def _choose(source: HuggingFaceSource, files: tuple[_Sibling, ...]) -> tuple[_Sibling, ...]:
    """A name stands for itself before it is a pattern, in which `*` also matches slashes, as in the hub's own tools."""
    if source.filename is None:
        chosen = files
    else:
        named = tuple(file for file in files if file.rfilename == source.filename)
        chosen = named or tuple(file for file in files if fnmatchcase(file.rfilename, source.filename))
    if not chosen:
        subject = f"file {source.filename or '*'!r} of model {source.repo} at {source.revision}"
        raise KubeloreError(ErrorCode.MODEL_SOURCE_NOT_FOUND, subject, f"the repository has {len(files)} files")
    return chosen
