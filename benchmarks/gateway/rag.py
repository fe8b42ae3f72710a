"""Questions over documents: what a pipeline takes beyond the bare embedding, search and generation."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from environments import REPOSITORY, environment

from gateway.contenders import mock_model
from gateway.servers import SERVER_CORE, on_core
from gateway.sizes import Sizes
from gateway.tables import print_table

_PIPELINES = Path(__file__).parent / "pipelines"
_MILVUS = ("milvus-lite>=3.2", "setuptools<81")


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """A program that answers questions by one framework, and what it needs; nothing: Kubelore's own environment."""

    name: str
    program: str
    packages: Sequence[str] = ()


PIPELINES = (
    _Pipeline("Kubelore", "kubelore_pipeline.py"),
    _Pipeline("LangChain", "langchain_pipeline.py", ("langchain", "langchain-openai", "langchain-milvus", *_MILVUS)),
    _Pipeline(
        "LlamaIndex",
        "llamaindex_pipeline.py",
        ("llama-index-core", "llama-index-llms-openai-like", "llama-index-vector-stores-milvus", *_MILVUS),
    ),
    _Pipeline("Haystack", "haystack_pipeline.py", ("haystack-ai", "milvus-haystack", *_MILVUS)),
)


async def measure_rag(sizes: Sizes) -> None:
    """Let each pipeline answer the same questions over the same passages, in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch, mock_model(Path(scratch), 1, 1) as model:
        for pipeline in PIPELINES:
            folder = Path(scratch) / pipeline.program
            folder.mkdir()
            measured = _run(pipeline, [str(sizes.passages), str(sizes.questions), str(model.port), str(folder)])
            rows.append((pipeline.name, measured["bare"], measured["whole"], measured["whole"] - measured["bare"]))
            print(*rows[-1], flush=True)
    print_table(
        f"A question over {sizes.passages:,} passages, one core, medians of {sizes.questions}",
        ("", "bare calls ms", "whole ms", "overhead ms", "of the best other's"),
        [(*row, row[3] / min(other[3] for other in rows[1:])) for row in rows],
    )


def _run(pipeline: _Pipeline, arguments: Sequence[str]) -> dict[str, float]:
    if pipeline.packages:
        programs = environment(pipeline.program.partition("_")[0], pipeline.packages, with_kubelore=True)
    else:
        programs = Path(sys.executable).parent
    command = [str(programs / "python"), str(_PIPELINES / pipeline.program), *arguments]
    ended = subprocess.run(on_core(SERVER_CORE, command), capture_output=True, text=True, check=False, cwd=REPOSITORY)
    if ended.returncode:
        raise RuntimeError(ended.stderr[-4000:])
    figures: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return figures
