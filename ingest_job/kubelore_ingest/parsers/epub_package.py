"""Finds a book's chapters, properties and table of contents in an EPUB archive."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree
from lxml.etree import _Element

from kubelore_ingest.parsers.normalise import as_title

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = frozenset({"application/xhtml+xml", "text/html"})
_CONTENTS_TYPE = "application/x-dtbncx+xml"
_PROPERTIES = ("creator", "subject", "language", "publisher")


@dataclass(frozen=True, slots=True)
class Package:
    """What a book says of itself; files are named by their paths in the archive.

    `contents` is the file with the table of contents: a navigation page in EPUB 3, an NCX file before.
    """

    title: str
    properties: Mapping[str, tuple[str, ...]]
    chapters: tuple[str, ...]
    contents: str | None


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry of the manifest."""

    path: str
    media_type: str
    is_contents: bool


def open_package(archive: ZipFile) -> Package:
    """Read the package document; raises KeyError, ValueError and lxml's errors where there is none."""
    root_file = _parsed(archive, _CONTAINER).find(".//{*}rootfile")
    path = "" if root_file is None else root_file.get("full-path", "")
    package = _parsed(archive, path)
    items = {item.get("id", ""): _item(item, path) for item in package.iterfind("{*}manifest/{*}item")}
    spine = [items[reference.get("idref", "")] for reference in package.iterfind("{*}spine/{*}itemref")]
    return Package(
        title=next(iter(_texts(package, "title")), ""),
        properties={name: tuple(_texts(package, name)) for name in _PROPERTIES},
        chapters=tuple(item.path for item in spine if item.media_type in _CHAPTER_TYPES),
        contents=next((item.path for item in items.values() if item.is_contents), None),
    )


def encrypted_files(archive: ZipFile) -> frozenset[str]:
    """Return the files that are encrypted; fonts often are, without the book being so."""
    if _ENCRYPTION not in archive.namelist():
        return frozenset()
    references = _parsed(archive, _ENCRYPTION).iterfind(".//{*}CipherReference")
    return frozenset(unquote(reference.get("URI", "")) for reference in references)


def contents_of(archive: ZipFile, package: Package) -> Mapping[str, str]:
    """Return the table of contents: the first title of each file that it names."""
    if package.contents is None or package.contents not in archive.namelist():
        return {}
    titles: dict[str, str] = {}
    for target, title in _entries(_parsed(archive, package.contents)):
        titles.setdefault(_resolved(target, package.contents), as_title(title))
    return titles


def _entries(contents: _Element) -> Iterator[tuple[str, str]]:
    for point in contents.iterfind(".//{*}navPoint"):
        target, label = point.find("{*}content"), point.find("{*}navLabel")
        if target is not None and label is not None:
            yield target.get("src", ""), "".join(label.itertext())
    for link in contents.iterfind(".//{*}nav//{*}a"):
        yield link.get("href", ""), "".join(link.itertext())


def _item(item: _Element, package_path: str) -> _Item:
    media_type = item.get("media-type", "")
    is_contents = media_type == _CONTENTS_TYPE or "nav" in item.get("properties", "").split()
    return _Item(_resolved(item.get("href", ""), package_path), media_type, is_contents)


def _resolved(reference: str, base: str) -> str:
    """Return the path in the archive that a reference in the file `base` leads to."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


def _texts(package: _Element, name: str) -> Iterator[str]:
    for element in package.iterfind(f"{{*}}metadata/{{http://purl.org/dc/elements/1.1/}}{name}"):
        yield "".join(element.itertext())


def _parsed(archive: ZipFile, path: str) -> _Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(archive.read(path), parser)
