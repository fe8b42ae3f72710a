"""Measures ingesting, side by side with sentence-transformers and langchain-milvus: its rate, a Job, its memory.

Usage: python benchmarks/ingest_load.py [rate] [job] [memory] [--pages N] [--documents N...]
"""

import argparse
import os
import tempfile
from pathlib import Path

from ingest_memory import measure_memory
from ingest_one_job import measure_one_job
from ingest_rate import measure_rate

PARTS = ("rate", "job", "memory")
CORES = 2


def main() -> None:
    """Print the figures of each part as soon as they are there."""
    options = _options()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if "rate" in options.parts:
            measure_rate(scratch / "rate", options.pages)
        if "job" in options.parts:
            measure_one_job(scratch / "job")
        if "memory" in options.parts:
            measure_memory(scratch / "memory", options.documents)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default="all", choices=(*PARTS, "all"), help="what to measure")
    parser.add_argument(
        "--pages", type=int, default=200, help="pages of 15 chunks whose rate is measured (at most 200)"
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[1_000, 20_000], help="how many, by turns")
    options = parser.parse_args()
    options.parts = PARTS if "all" in options.parts else options.parts
    return options


if __name__ == "__main__":
    main()
