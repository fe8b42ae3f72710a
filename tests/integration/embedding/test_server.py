"""The embedder, as OpenAI's own client and as bad clients meet it."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest

from kubelore_embedder.body import MAX_BODY_BYTES
from support.embedder import COMMAND, running_embedder
from support.processes import free_port, is_listening, wait_until

KEY = "sk-the-right-key"
MODEL = "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_embedder(tmp_path_factory.mktemp("embedder"), api_key=KEY) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        yield client


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: Any


def _send(url: str, method: str, path: str, body: object = None, *, key: str | None = KEY) -> Answer:
    connection = HTTPConnection(url.removeprefix("http://").removesuffix("/v1"), timeout=30)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    connection.request(method, path, content, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    content_type = response.headers.get_content_type()
    return Answer(response.status, content_type, json.loads(text) if content_type == "application/json" else text)


def test_while_clients_go_over_to_a_new_key_it_takes_the_previous_one_too(tmp_path: Path) -> None:
    with running_embedder(tmp_path, api_key=KEY, previous_embedding_api_key="sk-the-previous-key") as address:
        codes = {
            key: _send(address, "GET", "/v1/models", key=key).status for key in (KEY, "sk-the-previous-key", "", "sk")
        }

    assert codes == {KEY: 200, "sk-the-previous-key": 200, "": 401, "sk": 401}


def test_the_official_client_gets_the_same_vectors_in_both_encodings(client: openai.OpenAI) -> None:
    texts = ["How do I install it?", "如何安装", ""]

    in_base64 = client.embeddings.create(model=MODEL, input=texts)
    in_numbers = client.embeddings.create(model=MODEL, input=texts, encoding_format="float", dimensions=384, user="me")

    assert [item.index for item in in_numbers.data] == [0, 1, 2]
    for left, right in zip(in_base64.data, in_numbers.data, strict=True):
        assert np.allclose(left.embedding, right.embedding, atol=1e-7)
        assert np.linalg.norm(left.embedding) == pytest.approx(1)
    assert in_numbers.model == MODEL
    assert in_numbers.usage.prompt_tokens == in_numbers.usage.total_tokens == (6 + 2) + (4 + 2) + 2


def test_the_known_share_is_told_of_a_single_input_alone(client: openai.OpenAI) -> None:
    one = client.embeddings.create(model=MODEL, input="如何安装")
    several = client.embeddings.create(model=MODEL, input=["如何安装", "x"])

    assert one.usage.model_extra == {"known_share": 0.25}
    assert several.usage.model_extra == {}


def test_the_official_client_lists_the_model(client: openai.OpenAI) -> None:
    (model,) = client.models.list().data

    assert model.id == MODEL
    assert model.model_extra == {"embedding": {"dimension": 384, "max_tokens": 510}}


def test_concurrent_requests_each_get_their_own_vectors(client: openai.OpenAI) -> None:
    def embed(number: int) -> list[list[float]]:
        answer = client.embeddings.create(model=MODEL, input=[f"text {number}", f"{number} words " * number])
        return [item.embedding for item in answer.data]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(embed, range(1, 33)))

    for number in (1, 7, 32):
        assert np.allclose(together[number - 1], embed(number), atol=1e-6)


@pytest.mark.parametrize(
    ("body", "status", "parameter", "found"),
    [
        (b"{", 400, "body", "JSON"),
        ([], 400, "body", "object"),
        ({"input": "x"}, 400, "model", "required"),
        ({"model": 3, "input": "x"}, 400, "model", "string"),
        ({"model": "bge-m3", "input": "x"}, 404, "model", MODEL),
        ({"model": MODEL}, 400, "input", "required"),
        ({"model": MODEL, "input": []}, 400, "input", "a list of strings"),
        ({"model": MODEL, "input": None}, 400, "input", "a list of strings"),
        ({"model": MODEL, "input": [1, 2]}, 400, "input", "token ids are not supported"),
        ({"model": MODEL, "input": [[1, 2]]}, 400, "input", "token ids are not supported"),
        ({"model": MODEL, "input": ["x", 1]}, 400, "input", "a list of strings"),
        ({"model": MODEL, "input": ["x"] * 2049}, 400, "input", "2048"),
        ({"model": MODEL, "input": "x" * 100_001}, 400, "input", "100000"),
        ({"model": MODEL, "input": "x", "encoding_format": "int8"}, 400, "encoding_format", "'float' or 'base64'"),
        ({"model": MODEL, "input": "x", "dimensions": 100}, 400, "dimensions", "384"),
    ],
)
def test_a_bad_request_names_its_parameter(url: str, body: object, status: int, parameter: str, found: str) -> None:
    answer = _send(url, "POST", "/v1/embeddings", body)

    error = answer.body["error"]
    assert (answer.status, error["param"], error["type"]) == (status, parameter, "invalid_request_error")
    assert error["code"] == "REQUEST_INVALID"
    assert found in error["message"]


@pytest.mark.parametrize("key", [None, "", "wrong", "sk-the-right-ke", "sk-the-right-key-and-more", "sklüssel"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/embeddings"), ("GET", "/v1/models")])
def test_nobody_gets_in_without_the_key(url: str, key: str | None, method: str, path: str) -> None:
    answer = _send(url, method, path, {"model": MODEL, "input": "x"} if method == "POST" else None, key=key)

    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert answer.body["error"]["type"] == "authentication_error"
    assert answer.body["error"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_key(url: str, path: str) -> None:
    assert _send(url, "GET", path, key=None).status == HTTPStatus.OK


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("DELETE", "/v1/models", 405), ("GET", "/", 404)]
)
def test_unknown_paths_are_answered_in_the_same_shape(url: str, method: str, path: str, status: int) -> None:
    answer = _send(url, method, path)

    assert answer.status == status
    assert set(answer.body["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (f"Content-Length: {2**40}", b""),
        ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (MAX_BODY_BYTES + 1, b" " * (MAX_BODY_BYTES + 1))),
    ],
    ids=["announced", "not announced"],
)
def test_a_body_over_the_limit_is_refused_before_it_ends(url: str, header: str, body: bytes) -> None:
    host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
    head = f"POST /v1/embeddings HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n{header}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + body)

        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_request_that_runs_is_finished_before_the_end() -> None:
    port = free_port()
    env = {**os.environ, "KUBELORE_PORT": str(port)}
    body = json.dumps({"model": MODEL, "input": "x"}).encode()
    head = f"POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with subprocess.Popen(COMMAND, env=env, stderr=subprocess.PIPE, text=True) as server:
        wait_until("the embedder listens", lambda: is_listening(port))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head.encode())
            reading = connection.recv(1024)

            server.send_signal(signal.SIGTERM)
            assert server.stderr is not None
            assert any("Waiting for connections to close" in line for line in server.stderr)
            connection.sendall(body)
            answer = connection.recv(1024)

        server.wait(30)

    assert reading.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("variable", "value", "arguments", "found"),
    [
        ("KUBELORE_MODEL_DIR", "/nowhere", (), "KUBELORE_MODEL_DIR /nowhere: the model's files are not there"),
        ("KUBELORE_PORT", "many", (), "KUBELORE_PORT: a setting is not valid"),
        ("KUBELORE_PORT", "0", ("--pooling", "cls"), "the embedder takes no arguments, and was given --pooling cls"),
    ],
)
def test_what_is_wrong_at_the_start_is_said_in_one_line(
    variable: str, value: str, arguments: tuple[str, ...], found: str
) -> None:
    ended = subprocess.run(
        [*COMMAND, *arguments], env={**os.environ, variable: value}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert found in ended.stderr
    assert "Traceback" not in ended.stderr
