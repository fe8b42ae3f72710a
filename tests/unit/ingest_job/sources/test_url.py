import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Content
from kubelore_ingest.sources.url import UrlRequest, read_headers, read_url
from support.processes import free_port

PAGE = b"# Page\n\nText.\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


def page(content: bytes = PAGE, media_type: str = "text/markdown", status: int = 200) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", media_type)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def endless(request: BaseHTTPRequestHandler) -> None:
    """Send more and more without saying how much."""
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b"x" * 65536)
    except OSError:
        return


def redirect(location: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


class Web:
    """A web server on loopback, and the headers that it was asked with."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.headers: list[dict[str, str]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.headers.append(dict(self.headers))
                web.answers.get(self.path, page(status=404))(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever)
    thread.start()
    yield web
    web.server.shutdown()
    thread.join()
    web.server.server_close()


def read(url: str, most_bytes: int = 10_000, *, private: bool = True, **headers: str) -> Content:
    return read_url(UrlRequest(url, headers, most_bytes, private_addresses=private))


def refused(url: str, most_bytes: int = 10_000, *, private: bool = True) -> KubeloreError:
    with pytest.raises(KubeloreError) as caught:
        read(url, most_bytes, private=private)
    return caught.value


@pytest.mark.parametrize(
    ("path", "media_type", "name"),
    [
        ("/docs/guide.md", "text/plain", "guide.md"),
        ("/docs/guide", "text/markdown", "guide.md"),
        ("/docs/", "text/html; charset=utf-8", "docs.html"),
        ("/", "text/html", "index.html"),
        ("/a%20b", "application/pdf", "a b.pdf"),
    ],
)
def test_a_document_comes_with_a_name_that_its_format_is_told_by(
    web: Web, path: str, media_type: str, name: str
) -> None:
    web.answers[path] = page(media_type=media_type)

    assert read(web.url(path)) == Content(PAGE, name)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, ErrorCode.SOURCE_NOT_FOUND),
        (410, ErrorCode.SOURCE_NOT_FOUND),
        (401, ErrorCode.SOURCE_FORBIDDEN),
        (403, ErrorCode.SOURCE_FORBIDDEN),
        (429, ErrorCode.SOURCE_UNREACHABLE),
        (500, ErrorCode.SOURCE_UNREACHABLE),
        (503, ErrorCode.SOURCE_UNREACHABLE),
    ],
)
def test_an_answer_without_a_document_is_told_by_its_status(web: Web, status: int, code: ErrorCode) -> None:
    web.answers["/a"] = page(status=status)

    error = refused(web.url("/a"))

    assert error.code is code
    assert str(status) in error.message


def test_a_host_that_does_not_answer_may_answer_later() -> None:
    assert refused(f"http://127.0.0.1:{free_port()}/a").code is ErrorCode.SOURCE_UNREACHABLE
    assert refused("http://nowhere.invalid/a").code is ErrorCode.SOURCE_UNREACHABLE


def test_a_document_that_says_it_is_too_large_is_not_read(web: Web) -> None:
    web.answers["/a"] = page(b"x" * 101)

    assert refused(web.url("/a"), most_bytes=100).code is ErrorCode.SOURCE_TOO_LARGE
    assert len(read(web.url("/a"), most_bytes=101).data) == 101


@pytest.mark.parametrize("media_type", ["image/png", "video/mp4", "audio/mpeg", "font/woff2"])
def test_what_says_that_it_is_no_document_is_not_read(web: Web, media_type: str) -> None:
    web.answers["/a"] = page(b"x" * 101, media_type)

    error = refused(web.url("/a"), most_bytes=100)

    assert error.code is ErrorCode.DOCUMENT_UNSUPPORTED
    assert media_type in error.message


def test_a_document_that_unpacks_to_more_than_allowed_is_given_up(web: Web) -> None:
    def packed(request: BaseHTTPRequestHandler) -> None:
        content = gzip.compress(b"x" * 10_000_000)
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    web.answers["/a"] = packed

    assert refused(web.url("/a"), most_bytes=1_000_000).code is ErrorCode.SOURCE_TOO_LARGE


def test_a_document_that_never_ends_is_given_up(web: Web) -> None:
    web.answers["/a"] = endless

    assert refused(web.url("/a"), most_bytes=100_000).code is ErrorCode.SOURCE_TOO_LARGE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1"])
def test_a_private_address_is_refused_however_it_is_written(web: Web, host: str) -> None:
    web.answers["/a"] = page()
    web.headers.clear()

    error = refused(f"http://{host}:{web.server.server_port}/a", private=False)

    assert error.code in {ErrorCode.SOURCE_FORBIDDEN, ErrorCode.SOURCE_UNREACHABLE}
    assert web.headers == []


def test_a_metadata_address_is_refused_before_it_is_asked() -> None:
    assert refused("http://169.254.169.254/latest/meta-data/", private=False).code is ErrorCode.SOURCE_FORBIDDEN


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "169.254.169.254"])
def test_a_redirect_into_the_private_network_is_refused(web: Web, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hops = iter([True])
    monkeypatch.setattr("kubelore_ingest.sources.url.is_public", lambda _: next(hops, False))
    web.answers["/a"] = redirect(f"http://{host}:{web.server.server_port}/a")

    assert refused(web.url("/a"), private=False).code is ErrorCode.SOURCE_FORBIDDEN
    assert len(web.headers) == 1


def test_redirects_are_followed(web: Web) -> None:
    web.answers |= {"/a": redirect("/b"), "/b": redirect(web.url("/c.md")), "/c.md": page()}

    assert read(web.url("/a")) == Content(PAGE, "c.md")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.com/a", "", "data:text/plain,x"])
def test_a_redirect_to_no_web_address_is_refused(web: Web, location: str) -> None:
    web.answers["/a"] = redirect(location)

    assert refused(web.url("/a")).code is ErrorCode.SOURCE_FORBIDDEN


def test_a_redirect_without_end_is_given_up(web: Web) -> None:
    web.answers["/a"] = redirect("/a")

    assert refused(web.url("/a")).code is ErrorCode.SOURCE_UNREACHABLE
    assert len(web.headers) == 6


def test_headers_go_to_their_own_origin_only(web: Web) -> None:
    other = Web()
    thread = threading.Thread(target=other.server.serve_forever)
    thread.start()
    web.answers["/a"] = redirect(other.url("/b.md"))
    other.answers["/b.md"] = page()

    read(web.url("/a"), Authorization="Bearer secret")
    other.server.shutdown()
    thread.join()
    other.server.server_close()

    assert web.headers[0]["Authorization"] == "Bearer secret"
    assert "Authorization" not in other.headers[0]


def test_no_secret_of_an_address_is_shown(web: Web) -> None:
    error = refused(web.url("/gone?token=secret").replace("http://", "http://user:password@"))

    assert "secret" not in error.message
    assert "password" not in error.message


def test_headers_are_the_files_of_a_mounted_secret(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "Authorization").write_text("Bearer x\n")

    assert read_headers(tmp_path) == {"Authorization": "Bearer x"}
    assert read_headers(None) == {}
