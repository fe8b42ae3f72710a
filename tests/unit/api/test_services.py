from typing import Any

from aiohttp import web

from kubelore.llm.config import ServedModel
from kubelore.llm.endpoint import Endpoint
from kubelore_api.services import shared_session
from support.fake_chat_server import FakeChatServer, completion, fake_chat_server


async def test_what_a_model_server_sets_for_one_request_does_not_go_with_the_next_one() -> None:
    cookies: list[str | None] = []

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        cookies.append(request.headers.get("Cookie"))
        answer = web.json_response(completion("Hello"))
        answer.set_cookie("whose", "acme")
        return answer

    with fake_chat_server(script) as server:
        # By name: for an address, no client keeps cookies in any case.
        served = ServedModel(server="LLMServer writer", model="m", base_url=f"http://localhost:{server.port}/v1")
        async with shared_session() as session:
            for _ in range(2):
                await (await Endpoint(session, served).post("chat/completions", b"{}")).read()
    assert cookies == [None, None]
