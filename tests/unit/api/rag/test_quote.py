from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.language import Language
from kubelore_api.rag.phrases import PHRASES
from kubelore_api.rag.quote import LONGEST_PASSAGE, quote
from support.hits import hit

ENGLISH = PHRASES[Language.ENGLISH]


def test_the_best_passages_are_quoted_with_their_numbers() -> None:
    answer = quote(ENGLISH, number_sources([hit("a", text="Opens at nine."), hit("b", text="Closes at five.")]))
    assert answer.split("\n\n")[1:] == ["Opens at nine. [1]", "Closes at five. [2]"]


def test_the_answer_says_that_no_model_is_configured() -> None:
    assert "No chat model is configured" in quote(ENGLISH, number_sources([hit()]))
    assert "没有配置对话模型" in quote(PHRASES[Language.CHINESE], number_sources([hit()]))


def test_at_most_three_passages_are_quoted() -> None:
    answer = quote(ENGLISH, number_sources([hit(str(number)) for number in range(9)]))
    assert "[3]" in answer
    assert "[4]" not in answer


def test_a_passage_far_weaker_than_the_best_is_not_quoted() -> None:
    answer = quote(ENGLISH, number_sources([hit("strong", 0.8), hit("weak", 0.3)]))
    assert "[2]" not in answer


def test_a_long_passage_ends_with_a_whole_sentence() -> None:
    text = "This is a sentence. " * 60
    passage = quote(ENGLISH, number_sources([hit(text=text)])).split("\n\n")[1]
    assert passage.endswith("This is a sentence. … [1]")
    assert len(passage) <= LONGEST_PASSAGE + len(" … [1]")


def test_a_long_chinese_passage_ends_with_a_whole_sentence() -> None:
    assert "句子。 … [1]" in quote(ENGLISH, number_sources([hit(text="这是一个句子。" * 200)]))


def test_a_long_passage_without_a_sentence_is_cut() -> None:
    passage = quote(ENGLISH, number_sources([hit(text="x" * 5000)])).split("\n\n")[1]
    assert len(passage) == LONGEST_PASSAGE + len(" … [1]")
