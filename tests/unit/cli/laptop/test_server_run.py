import asyncio
from collections.abc import Callable

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.llm_server import LLMServerSpec, ModelStatus
from kubelore_cli.laptop.engines.interface import ServerOrder, Tell
from kubelore_cli.laptop.engines.state import answering, starting
from kubelore_cli.laptop.server_run import ServerRun
from support.builders import llm_server

SPEC: LLMServerSpec = llm_server(engine="ollama", serves=["chat"], model={"name": "qwen3"}).spec


class Flaky:
    """A server that fails until the test lets it answer."""

    def __init__(self) -> None:
        self.attempts = 0
        self.may_answer = False

    async def serve(self, tell: Tell) -> None:
        self.attempts += 1
        tell(starting())
        if not self.may_answer:
            raise KubeloreError(ErrorCode.MODEL_SOURCE_NOT_FOUND, "model qwen3")
        tell(answering("http://127.0.0.1:1/v1", ModelStatus()))
        await asyncio.Event().wait()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)


async def test_a_failure_is_shown_until_another_try_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubelore_cli.laptop.server_run._FIRST_PAUSE", 0.01)
    server = Flaky()
    run = ServerRun(ServerOrder("team-a.chat", SPEC), server)

    await until(lambda: server.attempts > 2)
    assert "the model is not at its source" in run.state.findings[0].message
    server.may_answer = True
    await until(lambda: run.state.endpoint is not None)

    await run.stop()


async def test_a_defect_is_not_swallowed() -> None:
    class Defective:
        async def serve(self, tell: Tell) -> None:  # noqa: ARG002 - the interface's
            raise ZeroDivisionError

    run = ServerRun(ServerOrder("team-a.chat", SPEC), Defective())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    with pytest.raises(ZeroDivisionError):
        _ = run.state
