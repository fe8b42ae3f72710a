import asyncio

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.interface import ChatCompletion, ChatRequest, ChatStream
from kubelore_api.rag import rewrite
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.rewrite import RewriteError, standalone_question

LEANING = Conversation(
    "And on Sundays?",
    (Message("system", "Be kind"), Message("user", "When does it open?"), Message("assistant", "At nine.")),
)


class FakeModel:
    """Answers with a text, an error, or never, and remembers the request."""

    context_length = 8192

    def __init__(self, answer: str | KubeloreError | None) -> None:
        self.answer = answer
        self.requests: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        self.requests.append(request)
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, KubeloreError):
            raise self.answer
        return ChatCompletion(str(self.answer), {})

    async def stream(self, request: ChatRequest) -> ChatStream:
        raise NotImplementedError


async def test_the_model_is_given_what_was_said_and_the_question() -> None:
    model = FakeModel(" When does it open on Sundays?\n")
    assert await standalone_question(LEANING, model) == "When does it open on Sundays?"
    asked = model.requests[0].messages[0]["content"]
    assert "user: When does it open?\nassistant: At nine." in asked
    assert "<question>\nAnd on Sundays?\n</question>" in asked
    assert "Be kind" not in asked


async def test_a_chinese_question_is_rewritten_in_chinese_words() -> None:
    model = FakeModel("周日几点开门？")
    await standalone_question(Conversation("周日呢？", LEANING.history), model)
    assert "请改写问题" in model.requests[0].messages[0]["content"]


@pytest.mark.parametrize("answer", ["", "  ", "x" * 1001, KubeloreError(ErrorCode.CHAT_UNREACHABLE, "the model")])
async def test_a_model_that_gives_no_question_fails(answer: str | KubeloreError) -> None:
    with pytest.raises(RewriteError):
        await standalone_question(LEANING, FakeModel(answer))


async def test_a_model_that_takes_too_long_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "PATIENCE_SECONDS", 0.01)
    with pytest.raises(RewriteError, match="too long"):
        await standalone_question(LEANING, FakeModel(None))
