from kubelore.llm.interface import ChatCompletion, ChatRequest, ChatStream
from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.generate import Grounding, ModelAnswer, ReadyAnswer, plan_answer
from kubelore_api.rag.language import Language
from kubelore_api.rag.phrases import PHRASES
from support.hits import hit

FOUND = Grounding(Conversation("q"), "q", number_sources([hit(text="Opens at nine.")]), PHRASES[Language.ENGLISH])
NOTHING = Grounding(Conversation("问"), "问", (), PHRASES[Language.CHINESE])


class FakeModel:
    """Answers with some texts, a choice each, and remembers the request."""

    def __init__(self, *texts: str, context_length: int = 8192) -> None:
        self.texts = texts or ("At nine [1].",)
        self.context_length = context_length
        self.requests: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        self.requests.append(request)
        choices = [{"index": index, "message": {"content": text}} for index, text in enumerate(self.texts)]
        return ChatCompletion(self.texts[0], {"choices": choices})

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


async def test_every_choice_is_held_to_the_sources() -> None:
    answer = await plan_answer(Chat(), FakeModel("Nine [1].", "Ten [2]."), FOUND, {"n": 2}).complete()
    assert answer.completion is not None
    assert [choice["message"]["content"] for choice in answer.completion.payload["choices"]] == ["Nine [1].", "Ten."]
    assert answer.unknown_citations == 1


def test_sources_that_the_model_could_not_read_are_not_given() -> None:
    long = number_sources([hit(str(number), text="word " * 200) for number in range(5)])
    grounding = Grounding(Conversation("q"), "q", long, PHRASES[Language.ENGLISH])
    answer = plan_answer(Chat(max_tokens=100), FakeModel(context_length=1500), grounding, {})
    assert [source.number for source in answer.sources] == [1, 2]
    assert isinstance(answer, ModelAnswer)
    assert "[3]" not in answer.request.messages[-1]["content"]


def test_the_knowledge_base_sets_what_the_client_leaves_open() -> None:
    answer = plan_answer(Chat(temperature=0.7, max_tokens=50), FakeModel(), FOUND, {"seed": 4, "temperature": 0})
    assert isinstance(answer, ModelAnswer)
    assert answer.request.parameters == {"temperature": 0, "max_tokens": 50, "seed": 4}


def test_a_clients_own_token_limit_stands_alone() -> None:
    answer = plan_answer(Chat(), FakeModel(), FOUND, {"max_completion_tokens": 9})
    assert isinstance(answer, ModelAnswer)
    assert "max_tokens" not in answer.request.parameters
