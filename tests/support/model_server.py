"""A server of model files for tests: with and without ranges, and with every fault that such servers have.

It takes the standard library alone, so that a pod can run its text.
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PIECE = 1 << 16


def random_bytes(count: int, seed: int = 1) -> bytes:
    """Make content that no two places of are alike, the same each time."""
    return hashlib.shake_256(str(seed).encode()).digest(count)


@dataclass
class ServedFile:
    """One address, and what its server does.

    `statuses` are answered first, None as usual; `status` always. `cuts` are the bytes after which the next answers
    with more than a byte break off; `always_cut` is that for all. After `hold_after` bytes of all answers the server
    says nothing more until `released`. `etags` replace `etag` one after the other with each answer of more than a byte.
    """

    content: bytes = b""
    etag: str | None = '"v1"'
    takes_ranges: bool = True
    heeds_if_range: bool = True
    tells_size: bool = True
    token: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    statuses: deque[int | None] = field(default_factory=deque)
    cuts: deque[int] = field(default_factory=deque)
    always_cut: int | None = None
    hold_after: int | None = None
    released: threading.Event = field(default_factory=threading.Event)
    etags: deque[str] = field(default_factory=deque)
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    path: str
    range: str | None
    authorization: str | None


class ModelServer:
    """A running server; `files` by their paths may be changed between requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.files: dict[str, ServedFile] = {}
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    def serve(self, path: str, file: ServedFile) -> ServedFile:
        """Put a file at a path."""
        self.files[path] = file
        return file

    def serve_hub(self, repo: str, files: Mapping[str, bytes], *, token: str | None = None) -> dict[str, ServedFile]:
        """Serve a repository as the Hugging Face hub does; the large files' checksums stand in its list."""
        commit = hashlib.sha1(repo.encode()).hexdigest()  # noqa: S324 - a commit's name
        siblings = [_sibling(name, content) for name, content in files.items()]
        listing = json.dumps({"id": repo, "sha": commit, "siblings": siblings}).encode()
        self.serve(f"/api/models/{repo}/revision/main", ServedFile(listing, token=token, takes_ranges=False))
        return {
            name: self.serve(f"/{repo}/resolve/{commit}/{name}", ServedFile(content, token=token))
            for name, content in files.items()
        }

    def enter(self, asked: Asked) -> None:
        """Note a request."""
        with self._lock:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)

    def leave(self) -> None:
        """Note a request's end."""
        with self._lock:
            self._at_once -= 1

    def count(self, file: ServedFile, sent: int) -> bool:
        """Count bytes; say whether more may be sent."""
        with self._lock:
            file.sent += sent
            return file.hold_after is None or file.sent < file.hold_after


def _sibling(name: str, content: bytes) -> dict[str, object]:
    large = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return {"rfilename": name, "size": len(content)} | ({} if name.endswith(".json") else {"lfs": large})


@contextmanager
def model_server(host: str = "127.0.0.1", port: int = 0) -> Iterator[ModelServer]:
    """Run a server, by default on a free loopback port."""
    with ThreadingHTTPServer((host, port), _Handler) as http:
        http.daemon_threads = True
        server = ModelServer(http.server_address[1])
        http.model_server = server  # type: ignore[attr-defined] # the handler's only way to it
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            for file in server.files.values():
                file.released.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: ModelServer = self.server.model_server  # type: ignore[attr-defined] # see above
        path = self.path.partition("?")[0]
        server.enter(Asked(path, self.headers.get("Range"), self.headers.get("Authorization")))
        try:
            self._answer(server, server.files.get(path, ServedFile(status=404)))
        except ConnectionError:
            self.close_connection = True
        finally:
            server.leave()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def _answer(self, server: ModelServer, file: ServedFile) -> None:
        status = file.statuses.popleft() if file.statuses else file.status
        if file.token is not None and self.headers.get("Authorization") != f"Bearer {file.token}":
            status = status or 401
        if file.redirect is not None:
            self._say(302, {"Location": file.redirect})
        elif status is not None:
            self._say(status, file.headers)
        else:
            self._send(server, file)

    def _say(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, server: ModelServer, file: ServedFile) -> None:
        size = len(file.content)
        start, end = self._range(file, size) or (0, size)
        if self._range(file, size) is None:
            self.send_response(200)
        elif start >= size:
            self._say(416, {"Content-Range": f"bytes */{size}"})
            return
        else:
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self._send_headers(file, end - start)
        self._send_body(server, file, file.content[start:end])

    def _range(self, file: ServedFile, size: int) -> tuple[int, int] | None:
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        unchanged = not file.heeds_if_range or self.headers.get("If-Range") in {None, file.etag}
        if asked is None or not file.takes_ranges or not unchanged:
            return None
        return int(asked[1]), min(int(asked[2] or size) + 1, size)

    def _send_headers(self, file: ServedFile, length: int) -> None:
        if length > 1 and file.etags:
            file.etag = file.etags.popleft()
        if file.etag is not None:
            self.send_header("ETag", file.etag)
        if file.tells_size:
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_body(self, server: ModelServer, file: ServedFile, body: bytes) -> None:
        if self.command == "HEAD":
            return
        cut = file.always_cut
        if len(body) > 1 and file.cuts:
            cut = file.cuts.popleft()
        for piece in _pieces(body[:cut]):
            self.wfile.write(piece)
            if not server.count(file, len(piece)):
                file.released.wait()
        if cut is not None and cut < len(body):
            self.close_connection = True


def _pieces(body: bytes) -> Sequence[bytes]:
    return [body[start : start + _PIECE] for start in range(0, len(body), _PIECE)]
