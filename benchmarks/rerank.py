"""Measures how long 50 passages take to be reranked, side by side with sentence-transformers, in one process.

Both run the same cross-encoder of the size of MiniLM-L6, with random weights, which cost as much as trained ones.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import CrossEncoder as ReferenceCrossEncoder
from transformers import BertConfig, BertForSequenceClassification

from kubelore.embedding.cpu import usable_cores
from kubelore.embedding.cross_encoder import CrossEncoder
from kubelore.embedding.model_location import locate_model
from kubelore.resources.precision import Precision

PASSAGES = 50
ROUNDS = 7
QUESTION = "How does an object store keep each document with its parsed text?"
WORDS = "an object store keeps each document its parsed text and its chunks in a bucket so that nothing is lost".split()  # noqa: SIM905 - it reads as the sentence that it is

Score = Callable[[str, Sequence[str]], np.ndarray]


def write_model(folder: Path) -> Path:
    """Write the cross-encoder with the built-in model's tokenizer, and return its folder."""
    sizes = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6, "num_attention_heads": 12}
    torch.manual_seed(7)
    BertForSequenceClassification(BertConfig(num_labels=1, **sizes)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        source = locate_model(None).folder / name
        if source.is_file():
            shutil.copyfile(source, folder / name)
    return folder


def written_passages() -> list[str]:
    """Return texts of 20 to 220 words, as chunks are."""
    choice = random.Random(20)  # noqa: S311 - reproducible texts
    return [" ".join(choice.choices(WORDS, k=choice.randint(20, 220))) for _ in range(PASSAGES)]


@dataclass(frozen=True, slots=True)
class Measured:
    """The best of a few rounds, and the scores."""

    seconds: float
    processor_seconds: float
    scores: np.ndarray


def measure(rerankers: Mapping[str, Score], passages: Sequence[str]) -> dict[str, Measured]:
    """Measure all of them round by round, so that other work on the machine slows none of them alone."""
    scores = {name: score(QUESTION, passages) for name, score in rerankers.items()}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in rerankers}
    for _ in range(ROUNDS):
        for name, score in rerankers.items():
            start = time.perf_counter(), time.process_time()
            score(QUESTION, passages)
            costs[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return {name: Measured(*map(min, zip(*costs[name], strict=True)), scores[name]) for name in rerankers}


def ours(folder: Path, precision: Precision) -> Score:
    """Return what Kubelore's own reranker does with a question and its passages."""
    model = CrossEncoder(folder, usable_cores(), precision)
    return lambda question, texts: model.score(model.tokenizer.encode(question, texts))


def main() -> None:
    """Print the times, how they compare, and how far the scores are apart."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_model(Path(scratch))
        theirs = ReferenceCrossEncoder(str(folder), device="cpu", local_files_only=True)
        rerankers: dict[str, Score] = {
            "sentence-transformers": lambda question, texts: theirs.predict([(question, text) for text in texts]),
            **{f"kubelore, {precision}": ours(folder, precision) for precision in Precision},
        }
        measured = measure(rerankers, written_passages())
    show(measured, measured["sentence-transformers"])


def show(measured: Mapping[str, Measured], reference: Measured) -> None:
    """Print a line for each."""
    print(f"{'reranker':<24}{'ms':>8}{'times as fast':>16}{'by processor time':>20}{'largest difference':>20}")
    for name, it in measured.items():
        difference = float(np.abs(it.scores - reference.scores).max())
        faster, less = reference.seconds / it.seconds, reference.processor_seconds / it.processor_seconds
        print(f"{name:<24}{1000 * it.seconds:>8.0f}{faster:>16.1f}{less:>20.1f}{difference:>20.1e}")


if __name__ == "__main__":
    main()
