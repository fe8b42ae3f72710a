"""Stands in for an API server that is too busy for a while, which a real one can't be made to be on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class FakeBusyApiServer:
    """Answers 429 `refusals` times, and then every list with nothing in it; counts its requests."""

    refusals: int
    url: str = ""
    requests: int = 0


@contextmanager
def fake_busy_api_server(refusals: int) -> Iterator[FakeBusyApiServer]:
    """Serve on a free port for the time of the block."""
    server = FakeBusyApiServer(refusals)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests += 1
            busy = server.requests <= server.refusals
            body: dict[str, object] = (
                {"kind": "Status", "message": "storage is (re)initializing"} if busy else {"items": []}
            )
            content = json.dumps(body).encode()
            self.send_response(429 if busy else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
