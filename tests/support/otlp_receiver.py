"""Takes spans by OTLP over HTTP, as a collector does."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

ERROR = 2
"""The code of a failed span's status."""


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span as it came."""

    name: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    status: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]


@dataclass
class OtlpReceiver:
    """A running receiver, and what came."""

    url: str
    spans: list[ReceivedSpan] = field(default_factory=list)

    def named(self, prefix: str) -> list[ReceivedSpan]:
        """The spans whose names begin so."""
        return [span for span in self.spans if span.name.startswith(prefix)]


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """Receive on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = OtlpReceiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(request: ExportTraceServiceRequest) -> Iterator[ReceivedSpan]:
    for resource in request.resource_spans:
        of_process = {each.key: _plain(each.value) for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    name=span.name,
                    trace_id=span.trace_id,
                    span_id=span.span_id,
                    parent_id=span.parent_span_id,
                    status=span.status.code,
                    attributes={each.key: _plain(each.value) for each in span.attributes},
                    resource=of_process,
                )


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None
