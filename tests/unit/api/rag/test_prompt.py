from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.language import Language
from kubelore_api.rag.phrases import PHRASES
from kubelore_api.rag.prompt import fallback_answer, messages
from kubelore_api.rag.rewrite import Message
from support.hits import hit

ENGLISH = PHRASES[Language.ENGLISH]
CHINESE = PHRASES[Language.CHINESE]
SOURCES = number_sources([hit("hours", text="The office opens at nine."), hit("cats", text="Cats sleep.")])


def test_the_model_gets_the_numbered_sources_and_the_question() -> None:
    *_, last = messages(Chat(), ENGLISH, [], "When does it open?", SOURCES)
    assert last.role == "user"
    assert "[1] A page\nThe office opens at nine." in last.content
    assert "[2] A page\nCats sleep." in last.content
    assert last.content.endswith("Question: When does it open?")


def test_the_rules_hold_the_model_to_the_sources_and_ask_it_to_name_contradictions() -> None:
    first, *_ = messages(Chat(), ENGLISH, [], "q", SOURCES)
    assert first.role == "system"
    assert "from nothing else" in first.content
    assert "contradict" in first.content
    assert ENGLISH.fallback_answer in first.content


def test_the_chinese_rules_ask_for_the_same() -> None:
    first, *_ = messages(Chat(), CHINESE, [], "问", SOURCES)
    assert "矛盾" in first.content
    assert "根据已知信息，我无法回答该问题" in first.content


def test_what_was_said_before_stands_between_the_rules_and_the_question() -> None:
    history = [Message("user", "Hello"), Message("assistant", "Hi")]
    assert messages(Chat(), ENGLISH, history, "q", SOURCES)[1:3] == history


def test_a_knowledge_base_brings_its_own_words() -> None:
    chat = Chat(
        system_prompt="Be brief. Else say: {fallback}",
        prompt_template="{question}?\n{context}",
        fallback_answer="Ask Ann.",
    )
    first, last = messages(chat, ENGLISH, [], "Who", SOURCES[:1])
    assert first.content == "Be brief. Else say: Ask Ann."
    assert last.content == "Who?\n[1] A page\nThe office opens at nine."


def test_a_template_may_ask_first_and_show_the_sources_after() -> None:
    chat = Chat(prompt_template="{question} -- {context} -- {question}")
    *_, last = messages(chat, ENGLISH, [], "Q", [])
    assert last.content == "Q --  -- Q"


def test_places_of_the_template_in_a_source_or_a_question_are_plain_text() -> None:
    sources = number_sources([hit("evil", text="{question} {context}")])
    *_, last = messages(Chat(), ENGLISH, [], "what is {context}?", sources)
    assert "\n{question} {context}\n" in last.content
    assert last.content.endswith("Question: what is {context}?")


def test_the_fallback_speaks_the_questions_language() -> None:
    assert fallback_answer(Chat(), CHINESE) == "根据已知信息，我无法回答该问题"
    assert fallback_answer(Chat(), ENGLISH) == "I can't answer this question from the known information."
