import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kubelore.documents.result import DocumentCounts, ShardProgress, Stage
from kubelore.jobs.spec import JobOperation, JobSpec, TaskRef
from kubelore_ingest.reporting.cluster import ClusterSink
from support.jobs import job_spec

PROGRESS = ShardProgress(stage=Stage.VECTORIZING, documents=DocumentCounts(total=8, succeeded=3), chunks=12)


class FakeApiServer(BaseHTTPRequestHandler):
    """Keeps what it was sent, and answers with the status that it was told."""

    requests: list[tuple[str, str, str, bytes]]
    status: int

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        authorization, kind = self.headers["Authorization"], self.headers["Content-Type"]
        self.requests.append((self.path, authorization, kind, body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("first-token\n")
    (tmp_path / "ca.crt").write_text("")
    return tmp_path


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (FakeApiServer,), {"requests": [], "status": 200})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sink(server: ThreadingHTTPServer, account: Path, spec: JobSpec | None = None) -> ClusterSink:
    address = f"http://127.0.0.1:{server.server_port}"
    return ClusterSink(address, account, spec or job_spec(task=TaskRef(name="pages", uid="u")), shard=3)


def requests_of(server: ThreadingHTTPServer) -> list[tuple[str, str, str, bytes]]:
    return server.RequestHandlerClass.requests  # type: ignore[attr-defined]  # FakeApiServer, by the fixture


def test_progress_is_merged_into_the_shards_place_in_the_tasks_status(
    server: ThreadingHTTPServer, account: Path
) -> None:
    sink(server, account).send(PROGRESS)

    ((path, authorization, kind, body),) = requests_of(server)
    assert path == "/apis/kubelore.io/v1alpha1/namespaces/team-a/ingesttasks/pages/status"
    assert (authorization, kind) == ("Bearer first-token", "application/merge-patch+json")
    status = json.loads(body)["status"]
    assert list(status) == ["shards"]
    assert ShardProgress.model_validate(status["shards"]["3"]) == PROGRESS


def test_a_renewed_token_is_used(server: ThreadingHTTPServer, account: Path) -> None:
    reporter = sink(server, account)
    reporter.send(PROGRESS)
    (account / "token").write_text("second-token")
    reporter.send(PROGRESS)

    assert [request[1] for request in requests_of(server)] == ["Bearer first-token", "Bearer second-token"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refused_report_is_logged_and_no_fault(
    server: ThreadingHTTPServer, account: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.RequestHandlerClass.status = status  # type: ignore[attr-defined]  # FakeApiServer, by the fixture

    sink(server, account).send(PROGRESS)

    assert "refused progress" in caplog.text


def test_an_api_server_that_is_away_is_logged_and_no_fault(
    server: ThreadingHTTPServer, account: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = sink(server, account)
    server.server_close()

    reporter.send(PROGRESS)

    assert "did not reach" in caplog.text


def test_outside_of_a_cluster_there_is_no_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    assert ClusterSink.of_this_pod(job_spec(), 0) is None


def test_a_knowledge_base_has_its_shards_by_the_generation_that_they_fill(
    server: ThreadingHTTPServer, account: Path
) -> None:
    spec = job_spec(operation=JobOperation.REINDEX, task=None, generation=2)

    sink(server, account, spec).send(PROGRESS)

    ((path, _, _, body),) = requests_of(server)
    assert path == "/apis/kubelore.io/v1alpha1/namespaces/team-a/knowledgebases/handbook/status"
    assert json.loads(body)["status"]["shards"]["2"]["3"] == json.loads(PROGRESS.to_json())
