"""A model behind an address: one file."""

from kubelore.resources.llm_server import HttpSource
from kubelore_ingest.model_fetch.names import name_in_url
from kubelore_ingest.model_fetch.remote import RemoteFile


def http_files(source: HttpSource) -> tuple[RemoteFile, ...]:
    """Name the one file."""
    return (RemoteFile(path=name_in_url(source.url), url=source.url),)
