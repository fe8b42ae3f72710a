from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubelore.embedding.model_files import read_model
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.tokenizer import ModelTokenizer
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import write_json, write_tiny_model

CLS, SEP, UNKNOWN = 101, 102, 100


@cache
def _minilm(prefix: str = "") -> ModelTokenizer:
    return ModelTokenizer(read_model(locate_model(None).folder), prefix)


def test_a_text_stands_between_the_special_tokens() -> None:
    assert _minilm().encode(["hello world", ""]) == [(CLS, 7592, 2088, SEP), (CLS, SEP)]


def test_special_tokens_are_not_counted() -> None:
    assert (_minilm().count("hello world"), _minilm().count("")) == (2, 0)


def test_a_long_text_is_counted_in_full_and_encoded_to_the_models_limit(caplog: pytest.LogCaptureFixture) -> None:
    text = "hello " * 100_000

    (encoded,) = _minilm().encode([text])

    assert _minilm().count(text) == 100_000
    assert (len(encoded), encoded[0], encoded[-1]) == (512, CLS, SEP)
    assert "1 of 1 texts are longer than the 510 tokens" in caplog.text


ODD_TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab e1.,-'\t\n\r 如何安装，。\u3000\u0301\u00e9\u200b\x0c\x85\u2028\ufffd\ud800😀[]#カ가"),
        st.characters(),
    ),
    min_size=64,
    max_size=250,
)


@settings(max_examples=300, deadline=None)
@given(text=ODD_TEXTS)
def test_counting_word_by_word_counts_what_is_encoded(text: str) -> None:
    (encoded,) = _minilm().encode([text])

    assert _minilm().count(text) == len(encoded) - 2
    assert _minilm().count(text) == len(encoded) - 2, "once the words are known"


def test_a_text_of_just_the_limit_is_not_cut(caplog: pytest.LogCaptureFixture) -> None:
    (encoded,) = _minilm().encode(["hello " * _minilm().max_tokens])

    assert len(encoded) == 512
    assert not caplog.records


def test_a_prefix_takes_room_from_the_passage() -> None:
    assert _minilm().max_tokens == 510
    assert _minilm("passage: ").max_tokens == 510 - _minilm().count("passage: ")


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert _minilm().encode(["a \ud83d b"]) == _minilm().encode(["a \ufffd b"])
    assert _minilm().count("\udc00") == _minilm().count("\ufffd")


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("How do I install it?", 1),
        ("", 1),
        (" \n\t", 1),
        ("😀😀", 0),
        ("😀 ab 😀", 0.5),
        ("如何安装", 0.25),
        ("\ud83d", 1),
    ],
)
def test_the_known_share_is_of_visible_characters(text: str, share: float) -> None:
    assert _minilm().known_share(text) == pytest.approx(share)


def test_lower_casing_is_the_sentence_models_choice(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    as_written = ModelTokenizer(read_model(folder)).encode(["The FOX"])
    write_json(folder / "sentence_bert_config.json", {"do_lower_case": True})

    assert as_written == [(1, 3, 3, 2)]
    assert ModelTokenizer(read_model(folder)).encode(["The FOX"]) == [(1, 4, 7, 2)]


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    (write_tiny_model(tmp_path) / "tokenizer.json").unlink()

    with pytest.raises(KubeloreError, match=r"tokenizer\.json") as refusal:
        ModelTokenizer(read_model(tmp_path))

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


def test_a_broken_tokenizer_is_named(tmp_path: Path) -> None:
    (write_tiny_model(tmp_path) / "tokenizer.json").write_text("{}", encoding="utf-8")

    with pytest.raises(KubeloreError, match=r"tokenizer\.json") as refusal:
        ModelTokenizer(read_model(tmp_path))

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT
