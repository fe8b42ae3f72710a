import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.laptop.engines.ollama_client import open_ollama
from support.fake_gateway import Handler, serving


def lines(*objects: Mapping[str, Any]) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body="".join(json.dumps(each) + "\n" for each in objects).encode())

    return answer


async def pulled(handler: Handler) -> list[tuple[int, int | None]]:
    async with serving({("POST", "/api/pull"): handler}) as url, open_ollama(url.rstrip("/")) as ollama:
        return [(each.bytes_done, each.bytes_total) async for each in ollama.pull("qwen3:4b", insecure=False)]


async def test_progress_counts_the_layers_that_were_named_so_far() -> None:
    progress = await pulled(
        lines(
            {"status": "pulling manifest"},
            {"status": "pulling a", "digest": "sha256:a", "total": 100},
            {"status": "pulling a", "digest": "sha256:a", "total": 100, "completed": 60},
            {"status": "pulling a", "digest": "sha256:a", "total": 100, "completed": 100},
            {"status": "pulling b", "digest": "sha256:b", "total": 20, "completed": 20},
            {"status": "success"},
        )
    )

    assert progress == [(0, 100), (60, 100), (100, 100), (120, 120)]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("pull model manifest: file does not exist", ErrorCode.MODEL_SOURCE_NOT_FOUND),
        ("max retries exceeded: connection refused", ErrorCode.MODEL_SOURCE_UNREACHABLE),
    ],
)
async def test_what_ollama_says_is_passed_on_with_its_code(words: str, code: ErrorCode) -> None:
    with pytest.raises(KubeloreError, match=words) as raised:
        await pulled(lines({"status": "pulling manifest"}, {"error": words}))

    assert raised.value.code is code


async def test_an_address_without_an_ollama_does_not_answer(unused_tcp_port_factory: Callable[[], int]) -> None:
    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="another server")

    async with serving({("GET", "/api/version"): page}) as url, open_ollama(url.rstrip("/")) as other:
        assert not await other.answers()
    async with open_ollama(f"http://127.0.0.1:{unused_tcp_port_factory()}") as nobody:
        assert not await nobody.answers()
        with pytest.raises(KubeloreError, match="Ollama at"):
            await nobody.has("qwen3:4b")
