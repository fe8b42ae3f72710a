from kubelore.llm.interface import ChatCompletion, ChatRequest, ChatStream
from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.generate import Grounding, ModelAnswer, ReadyAnswer, plan_answer
from kubelore_api.rag.language import Language
from kubelore_api.rag.phrases import PHRASES
from support.hits import hit

FOUND = Grounding("q", (), number_sources([hit(text="Opens at nine.")]), PHRASES[Language.ENGLISH])
NOTHING = Grounding("问", (), (), PHRASES[Language.CHINESE])


class FakeModel:
    """Answers with one text and remembers the request."""

    def __init__(self, text: str = "At nine [1].") -> None:
        self.text = text
        self.requests: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        self.requests.append(request)
        return ChatCompletion(self.text, {"choices": []})

    async def stream(self, request: ChatRequest) -> ChatStream:
        raise NotImplementedError


def test_nothing_found_gives_the_fallback_and_asks_no_model() -> None:
    answer = plan_answer(Chat(), FakeModel(), NOTHING, {})
    assert answer == ReadyAnswer("根据已知信息，我无法回答该问题", ())


def test_without_a_model_the_passages_are_quoted() -> None:
    answer = plan_answer(Chat(), None, FOUND, {})
    assert isinstance(answer, ReadyAnswer)
    assert "Opens at nine. [1]" in answer.text


async def test_a_model_answers_from_the_sources() -> None:
    model = FakeModel()
    answer = await plan_answer(Chat(), model, FOUND, {}).complete()
    assert (answer.text, answer.unknown_citations) == ("At nine [1].", 0)
    assert "Opens at nine." in model.requests[0].messages[-1]["content"]


async def test_citations_that_the_model_made_up_are_taken_out() -> None:
    answer = await plan_answer(Chat(), FakeModel("At nine [1][4]."), FOUND, {}).complete()
    assert (answer.text, answer.unknown_citations) == ("At nine [1].", 1)


def test_the_knowledge_base_sets_what_the_client_leaves_open() -> None:
    answer = plan_answer(Chat(temperature=0.7, max_tokens=50), FakeModel(), FOUND, {"seed": 4, "temperature": 0})
    assert isinstance(answer, ModelAnswer)
    assert answer.request.parameters == {"temperature": 0, "max_tokens": 50, "seed": 4}


def test_a_clients_own_token_limit_stands_alone() -> None:
    answer = plan_answer(Chat(), FakeModel(), FOUND, {"max_completion_tokens": 9})
    assert isinstance(answer, ModelAnswer)
    assert "max_tokens" not in answer.request.parameters
