"""How far the fetch of a model is can be watched."""

import textwrap
from collections.abc import Iterator

import pytest

from support.cluster_api import Body
from support.installation import Installation
from support.pods import pod, service
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SIZE = 12 * 1024 * 1024
SECONDS = 120
PATIENCE = 5
"""Seconds between two reports, the operator's default."""

SLOW_SERVER = textwrap.dedent("""\
    import http.server, sys, time

    SIZE, STEPS = int(sys.argv[1]), 64

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()

        def do_GET(self):
            self.do_HEAD()
            for _ in range(STEPS):
                self.wfile.write(bytes(SIZE // STEPS))
                time.sleep(0.25)

    http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
""")
"""Gives a file away in a quarter of a minute."""


@pytest.fixture(scope="module")
def slow_source(installation: Installation) -> Iterator[Body]:
    """A model that takes its time to come."""
    with installation.cluster.namespace() as namespace:
        command = ("python3", "-c", SLOW_SERVER, str(SIZE))
        ports = [{"name": "http", "containerPort": 8080}]
        installation.cluster.apply(pod("slow", namespace, command, ports=ports), service("slow", namespace))
        installation.cluster.wait_for_condition(namespace, "pod/slow", "Ready")
        yield {"http": {"url": f"http://slow.{namespace}.svc/tiny.gguf"}}


@pytest.fixture(scope="module")
def seen(installation: Installation, slow_source: Body) -> list[Body]:
    """Every state that a server was written with, until its model was there."""
    spec = {"engine": "llamacpp", "serves": ["chat"], "cache": {"size": "1Gi"}}
    model = {"name": "tiny", "source": slow_source}
    with (
        installation.api.history("LLMServer") as history,
        installation.model_server(**spec, model=model) as server,
    ):

        def has_digest() -> bool:
            return "digest" in installation.resources.status("LLMServer", server).get("model", {})

        wait_until("the model is there", has_digest, SECONDS)
    return [body for _, body in history.events if body["metadata"]["name"] == server and "status" in body]


def models(seen: list[Body]) -> list[Body]:
    found = [body["status"].get("model", {}) for body in seen]
    return [model for model in found if "bytesDone" in model]


def test_bytes_and_rate_are_shown_on_the_way(seen: list[Body]) -> None:
    on_the_way = [model for model in models(seen) if model["bytesDone"] < SIZE]

    assert [model["bytesTotal"] for model in on_the_way] == [SIZE] * len(on_the_way)
    assert len({model["bytesDone"] for model in on_the_way}) > 1
    assert any(model.get("bytesPerSecond", 0) > 0 for model in on_the_way)
    assert any("% of 12.6 MB" in model["progress"] for model in on_the_way)


def test_it_never_goes_back_and_ends_whole_with_a_digest(seen: list[Body]) -> None:
    done = [model["bytesDone"] for model in models(seen)]

    assert done == sorted(done)
    assert models(seen)[-1]["bytesDone"] == SIZE
    assert models(seen)[-1]["digest"].startswith("sha256:")


def test_progress_is_written_seldom(seen: list[Body]) -> None:
    assert len(models(seen)) <= SECONDS / PATIENCE
    assert len(models(seen)) < 12
