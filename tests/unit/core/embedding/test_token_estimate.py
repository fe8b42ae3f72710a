import pytest

from kubelore.embedding.model_files import read_model
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.token_estimate import EstimatedTokenCounter
from kubelore.embedding.tokenizer import ModelTokenizer

TEXTS = {
    "prose": "Every document is parsed, cut and embedded before its rows are written, so a retry changes nothing.",
    "Chinese": "知识库由对象存储和向量索引组成。每个文档都会被解析、切分、嵌入。",
    "commands": "kubectl apply -f https://example.org/v1.2/crds.yaml && helm upgrade --install kb ./charts/kb",
    "code": "def f(x: dict[str, int]) -> None:\n    return {k: v ** 2 for k, v in x.items() if v != 0}",
    "numbers": "2026-11-21 10:38:36,498 took 0.00321 s, 4_194_304 bytes, 99.97 %",
    "table": "| name | port |\n|------|------|\n| api  | 8080 |",
    "emoji": "done 🚀🚀 👩‍💻",
    "Cyrillic": "Каждый документ разбирается и делится на части.",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_estimate_is_at_least_what_the_built_in_model_counts_and_at_most_four_times_that(text: str) -> None:
    counted = ModelTokenizer(read_model(locate_model(None).folder)).count(text)

    assert counted <= EstimatedTokenCounter().count(text) <= 4 * counted


def test_nothing_counts_nothing() -> None:
    assert EstimatedTokenCounter().count(" \n") == 0


def test_half_a_surrogate_pair_counts() -> None:
    assert EstimatedTokenCounter().count("\ud83d") == 2


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("!", 1), ("7", 1), ("é", 1), ("Ж", 1), ("\u07ff", 1), ("\u0800", 2), ("中", 2), ("\uffff", 2), ("🚀", 2)],
)
def test_what_is_in_no_english_word_counts_by_its_bytes(text: str, tokens: int) -> None:
    assert EstimatedTokenCounter().count(f" {text}\u3000\n") == tokens
