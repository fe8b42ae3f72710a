"""The backend for OpenAI-shaped endpoints: against our own server, and against endpoints that fail."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from pydantic import SecretStr

from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.embedding.openai_shaped import OpenAIShapedEmbedder, Patience
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from support.embedder import base_url, embedder_process, running_embedder
from support.processes import free_port

KEY = "sk-the-right-key"
TEXTS = [
    "How do I install it?",
    "",
    "如何在 Docker 中安装",
    "🚀 done",
    "half a pair \ud83d",
    *(f"passage {number} " * number for number in range(1, 60)),
]
ONE_TRY = Patience(answer=30, retries=0)
SHORT = Patience(answer=0.3, retries=0.5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_embedder(tmp_path_factory.mktemp("embedder"), api_key=KEY) as url:
        yield url


@cache
def _model() -> OnnxModel:
    return load_builtin_model(Settings())


@contextmanager
def _embedder(
    url: str, *, key: str = KEY, patience: Patience = ONE_TRY, config: EmbedderConfig | None = None
) -> Iterator[OpenAIShapedEmbedder]:
    embedder = OpenAIShapedEmbedder(config or EmbedderConfig(backend="openai"), url, SecretStr(key), patience, patience)
    try:
        yield embedder
    finally:
        embedder.close()


class FakeEndpoint:
    """Answers each request with the next of some canned answers, the last one for ever; counts them."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.requests = 0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                status, body = answers[min(endpoint.requests, len(answers) - 1)]
                endpoint.requests += 1
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator["FakeEndpoint"]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


ANSWER = {"data": [{"index": 0, "embedding": [3.0, 4.0]}]}
ONE_DIMENSION_MORE = {"data": [{"index": 0, "embedding": [1.0, 2.0, 2.0]}]}


def test_an_endpoint_gives_the_vectors_of_the_model_in_this_process(server: str) -> None:
    config = EmbedderConfig(backend="openai", passage_prefix="passage: ", query_prefix="query: ")
    ours = BuiltinEmbedder(_model(), config)

    with _embedder(server, config=config) as embedder:
        passages = embedder.embed_passages(TEXTS)
        queries = [embedder.embed_query(text) for text in TEXTS[:6]]

        assert embedder.dimension == 384
    assert np.abs(passages - ours.embed_passages(TEXTS)).max() < 1e-6
    for text, query in zip(TEXTS, queries, strict=False):
        expected = ours.embed_query(text)
        assert query.vector == pytest.approx(expected.vector, abs=1e-6)
        assert query.known_share == pytest.approx(expected.known_share)


def test_no_text_gives_no_vector(server: str) -> None:
    with _embedder(server) as embedder:
        assert embedder.embed_passages([]).shape == (0, 384)


def test_threads_may_share_an_embedder(server: str) -> None:
    with _embedder(server) as embedder, ThreadPoolExecutor(8) as pool:
        results = list(pool.map(embedder.embed_passages, [TEXTS[:12]] * 16))

    assert all(np.allclose(result, results[0], atol=1e-6) for result in results)


def test_a_wrong_key_is_refused_and_not_repeated_in_the_message(server: str) -> None:
    with _embedder(server, key="sk-a-wrong-key") as embedder, pytest.raises(KubeloreError, match="HTTP 401") as refusal:
        embedder.embed_query("x")

    assert refusal.value.code is ErrorCode.EMBEDDER_REFUSED
    assert refusal.value.subject == server
    assert "sk-a-wrong-key" not in refusal.value.message


def test_a_model_that_is_not_served_is_refused_with_the_servers_words(server: str) -> None:
    config = EmbedderConfig(backend="openai", model="bge-m3")

    with _embedder(server, config=config) as embedder, pytest.raises(KubeloreError) as refusal:
        embedder.embed_passages(["x"])

    assert refusal.value.code is ErrorCode.EMBEDDER_REFUSED
    assert "HTTP 404: model: " in refusal.value.message
    assert "only all-MiniLM-L6-v2 is served here" in refusal.value.message


def test_another_dimension_than_the_configured_one_is_refused(server: str) -> None:
    config = EmbedderConfig(backend="openai", dimension=100)

    with _embedder(server, config=config) as embedder, pytest.raises(KubeloreError, match="384, not 100") as refusal:
        embedder.embed_passages(["x"])

    assert refusal.value.code is ErrorCode.EMBEDDING_DIMENSION


def test_a_dead_endpoint_is_unreachable() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"

    with _embedder(url, patience=SHORT) as embedder, pytest.raises(KubeloreError, match="refused") as failure:
        embedder.embed_query("x")

    assert failure.value.code is ErrorCode.EMBEDDER_UNREACHABLE
    assert failure.value.subject == url


def test_an_endpoint_that_does_not_answer_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"

        with _embedder(url, patience=SHORT) as embedder, pytest.raises(KubeloreError, match="in time") as failure:
            embedder.embed_query("x")

    assert failure.value.code is ErrorCode.EMBEDDER_UNREACHABLE


def test_passages_outlast_the_restart_of_their_endpoint(tmp_path: Path) -> None:
    process = embedder_process(tmp_path)
    config = EmbedderConfig(backend="openai", dimension=384)
    patience = Patience(answer=30, retries=60)

    with _embedder(base_url(process), patience=patience, config=config) as embedder, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(embedder.embed_passages, TEXTS[:12])
        with process.running():
            vectors = waiting.result(timeout=60)

    assert np.allclose(vectors, BuiltinEmbedder(_model(), config).embed_passages(TEXTS[:12]), atol=1e-6)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    busy = {"error": {"message": "busy"}}

    with (
        FakeEndpoint((status, busy), (status, busy), (200, ANSWER)).running() as endpoint,
        _embedder(endpoint.url, patience=Patience(answer=5, retries=30)) as embedder,
    ):
        vector = embedder.embed_query("x").vector

    assert endpoint.requests == 3
    assert vector == pytest.approx((0.6, 0.8))


def _refusal(endpoint: FakeEndpoint, *texts: str) -> KubeloreError:
    """Return the error that embedding the texts ends with, and that nothing was repeated for."""
    with (
        endpoint.running(),
        _embedder(endpoint.url, patience=Patience(answer=5, retries=30)) as embedder,
        pytest.raises(KubeloreError) as refusal,
    ):
        embedder.embed_passages(texts)
    return refusal.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    endpoint = FakeEndpoint((status, {"error": {"message": "no"}}))

    refusal = _refusal(endpoint, "x")

    assert (refusal.code, refusal.detail) == (ErrorCode.EMBEDDER_REFUSED, f"HTTP {status}: no")
    assert endpoint.requests == 1


def test_a_server_that_repeats_the_key_does_not_make_us_tell_it() -> None:
    endpoint = FakeEndpoint((401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}))

    assert _refusal(endpoint, "x").detail == "HTTP 401: Incorrect API key provided: ***."


def test_an_error_that_repeats_the_texts_does_not_make_us_tell_them() -> None:
    endpoint = FakeEndpoint((422, {"detail": [{"loc": ["input"], "input": "a secret of the document"}]}))

    assert _refusal(endpoint, "a secret of the document").detail == "HTTP 422"


def test_a_model_that_changes_its_dimension_is_refused() -> None:
    with (
        FakeEndpoint((200, ANSWER), (200, ONE_DIMENSION_MORE)).running() as endpoint,
        _embedder(endpoint.url) as embedder,
    ):
        embedder.embed_passages(["x"])

        with pytest.raises(KubeloreError, match="3, not 2") as refusal:
            embedder.embed_passages(["x"])

    assert refusal.value.code is ErrorCode.EMBEDDING_DIMENSION


def test_after_a_refusal_the_rest_is_not_sent() -> None:
    texts = [f"text {number}" for number in range(2000)]
    with FakeEndpoint((400, {"error": {"message": "no"}})).running() as endpoint, _embedder(endpoint.url) as embedder:
        with pytest.raises(KubeloreError):
            embedder.embed_passages(texts)
        # This one is sent after all that still waits.
        with pytest.raises(KubeloreError):
            embedder.embed_passages(["last"])

        assert endpoint.requests < 50
