"""Measures how long 50 passages take to be reranked, side by side with sentence-transformers, in one process.

Both run the same cross-encoder of the size of MiniLM-L6, with random weights, which cost as much as trained ones.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import CrossEncoder as ReferenceCrossEncoder
from transformers import BertConfig, BertForSequenceClassification

from kubelore.embedding.cpu import usable_cores
from kubelore.embedding.cross_encoder import CrossEncoder
from kubelore.embedding.model_location import locate_model

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


def best_seconds(score: Score, passages: Sequence[str]) -> tuple[float, np.ndarray]:
    """Return the best of a few rounds, and the scores."""
    scores = score(QUESTION, passages)
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        score(QUESTION, passages)
        seconds.append(time.perf_counter() - start)
    return min(seconds), scores


def main() -> None:
    """Print both times, how they compare, and how far the scores are apart."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_model(Path(scratch))
        theirs = ReferenceCrossEncoder(str(folder), device="cpu", local_files_only=True)
        ours = CrossEncoder(folder, usable_cores())
        rerankers: dict[str, Score] = {
            "sentence-transformers": lambda question, texts: theirs.predict([(question, text) for text in texts]),
            "kubelore": lambda question, texts: ours.score(ours.tokenizer.encode(question, texts)),
        }
        times = {name: best_seconds(score, written_passages()) for name, score in rerankers.items()}
    reference, expected = times["sentence-transformers"]
    print(f"{'reranker':<24}{'ms':>8}{'times as fast':>16}{'largest difference':>20}")
    for name, (seconds, scores) in times.items():
        difference = float(np.abs(scores - expected).max())
        print(f"{name:<24}{1000 * seconds:>8.0f}{reference / seconds:>16.1f}{difference:>20.1e}")


if __name__ == "__main__":
    main()
