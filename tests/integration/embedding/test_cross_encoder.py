"""Our relevance scores against those of sentence-transformers' CrossEncoder, on the same weights."""

import random
from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.cross_encoder import CrossEncoder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.precision import Precision
from support.tiny_cross_encoder import TinyCrossEncoder

pytestmark = pytest.mark.slow

QUESTIONS = ("When does the office open?", "办公室什么时候开门？", "why " * 60, "")
LEAST_CORRELATION = 0.95
"""Of a model whose vectors have a few dozen numbers: the errors of more even out."""

WORDS = ["the", "office", "opens", "at", "nine", "公司", "每年", "有", "十五", "年假", "cats", "🚀", "naïve", "a"]


def passages() -> list[str]:
    """Texts from none at all to many times what the model reads."""
    choice = random.Random(20)  # noqa: S311 - reproducible texts
    lengths = [0, 1, 3, 8, 20, 40, 70, 500] * 2
    return [" ".join(choice.choices(WORDS, k=length)) for length in lengths]


@pytest.mark.parametrize(
    "tiny",
    [
        TinyCrossEncoder("BERT"),
        TinyCrossEncoder("BERT with ReLU", config={"hidden_act": "relu", "layer_norm_eps": 0.5}),
        TinyCrossEncoder("BERT of one layer", config={"num_hidden_layers": 1}),
        TinyCrossEncoder("BERT in half precision", half_precision=True),
        TinyCrossEncoder("RoBERTa", model_type="roberta", config={"type_vocab_size": 1}),
        TinyCrossEncoder("XLM-RoBERTa", model_type="xlm-roberta", config={"type_vocab_size": 1}),
    ],
    ids=lambda tiny: tiny.name,
)
def test_every_supported_architecture_gives_the_scores_of_sentence_transformers(
    tiny: TinyCrossEncoder, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder as Reference  # noqa: PLC0415 - torch, only when this test runs

    folder = tiny.save(tmp_path)
    reference = Reference(str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": "float32"})
    ours = CrossEncoder(folder, threads=1)

    for question in QUESTIONS:
        expected = np.asarray(reference.predict([(question, passage) for passage in passages()], batch_size=8))
        scores = ours.score(ours.tokenizer.encode(question, passages()))
        assert np.abs(scores - expected).max() <= 1e-4
        assert expected.std() > 0.01


@pytest.mark.parametrize("model_type", ["bert", "xlm-roberta"])
def test_in_8_bits_passages_keep_nearly_their_scores(model_type: str, tmp_path: Path) -> None:
    config = {} if model_type == "bert" else {"type_vocab_size": 1}
    folder = TinyCrossEncoder("tiny", model_type=model_type, config=config).save(tmp_path)
    exact, rounded = CrossEncoder(folder, threads=1), CrossEncoder(folder, threads=1, precision=Precision.INT8)
    pairs = exact.tokenizer.encode(QUESTIONS[0], passages())

    scores = rounded.score(pairs)

    assert np.corrcoef(scores, exact.score(pairs))[0, 1] >= LEAST_CORRELATION
    assert np.abs(scores - exact.score(pairs)).max() > 0
    assert np.allclose(scores, [rounded.score([pair])[0] for pair in pairs], atol=1e-5)


@pytest.mark.parametrize(
    ("tiny", "words"),
    [
        (TinyCrossEncoder("three labels", config={"num_labels": 3}), "3 labels"),
        (TinyCrossEncoder("two labels", config={"num_labels": 2}), "2 labels"),
        (TinyCrossEncoder("another activation", config={"hidden_act": "silu"}), "hidden_act silu"),
    ],
    ids=lambda value: value.name if isinstance(value, TinyCrossEncoder) else "",
)
def test_what_can_not_be_built_is_refused_by_name(tiny: TinyCrossEncoder, words: str, tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match=words) as raised:
        CrossEncoder(tiny.save(tmp_path), threads=1)

    assert raised.value.code is ErrorCode.MODEL_UNSUPPORTED
