from typing import Any

import numpy as np
import openai
import pytest

from support.fake_chat_server import FakeChatServer, refusing
from support.gateway import Gateway, builtin_embedder
from support.http import post

TEXTS = ["The office opens at nine.", "Cats sleep."]


@pytest.mark.parametrize("model", ["vectors", "handbook", "default/vectors"])
def test_the_official_client_embeds_in_this_process(gateway: Gateway, model: str) -> None:
    answer = gateway.openai().embeddings.create(model=model, input=TEXTS)
    found = np.array([each.embedding for each in answer.data])
    assert np.allclose(found, builtin_embedder().embed_passages(TEXTS), atol=1e-5)


def test_plain_numbers_may_be_asked_for(gateway: Gateway) -> None:
    answer = gateway.openai().embeddings.create(model="vectors", input="Cats sleep.", encoding_format="float")
    assert np.allclose(answer.data[0].embedding, builtin_embedder().embed_passages(TEXTS[1:])[0], atol=1e-5)


def test_a_model_server_elsewhere_is_asked_as_it_is(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = refusing(200, '{"object":"list", "data":[], "model":"far-model", "usage":{"total_tokens":3}}')
    reply = post(f"{gateway.url}/v1/embeddings", {"model": "far-vectors", "input": [[1, 2]], "dimensions": 64})
    assert reply.json["usage"] == {"total_tokens": 3}
    assert chat.requests == [{"model": "far-model", "input": [[1, 2]], "dimensions": 64}]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"model": "vectors"}, "input"),
        ({"input": "x"}, "model"),
        ({"model": "vectors", "input": []}, "input"),
        ({"model": "vectors", "input": [[1, 2]]}, "input"),
        ({"model": "vectors", "input": ["x"] * 2049}, "input"),
        ({"model": "vectors", "input": "x", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_a_bad_request_names_its_parameter(gateway: Gateway, body: dict[str, Any], parameter: str) -> None:
    reply = post(f"{gateway.url}/v1/embeddings", body)
    assert (reply.status, reply.json["error"]["param"]) == (400, parameter)


@pytest.mark.parametrize("model", ["writer", "nothing"])
def test_what_embeds_nothing_is_no_model(gateway: Gateway, model: str) -> None:
    with pytest.raises(openai.NotFoundError):
        gateway.openai().embeddings.create(model=model, input="x")
