"""Measures a Job for one Markdown file, from the start of its process to its end."""

from pathlib import Path

from figures import show
from ingest_sides import CHUNKING, new_langchain, new_workshop, put_pages
from ingest_texts import pages_of_size
from process_cost import Cost, cost_of

from kubelore.jobs.spec import JobOperation
from support.worker import Workshop, one_object

FILE_BYTES = 10_000
ROUNDS = 3


def measure_one_job(scratch: Path) -> None:
    """Print the best of a few rounds, each with a file of its own."""
    files = list(pages_of_size(ROUNDS, FILE_BYTES))
    with new_langchain(scratch / "langchain") as pipeline:
        theirs = _best([cost_of(lambda page=page: pipeline.start([page])) for page in files])
    with new_workshop(scratch / "kubelore") as workshop:
        put_pages(workshop, "files/", files)
        ours = _best([_job(workshop, f"files/{number:05}.md") for number in range(ROUNDS)])
    show(
        {
            "one file of 10 kB: seconds of LangChain": theirs.seconds,
            "seconds of a Kubelore Job": ours.seconds,
            "times as fast (at least 3)": theirs.seconds / ours.seconds,
            "processor seconds of LangChain": theirs.processor_seconds,
            "processor seconds of a Kubelore Job": ours.processor_seconds,
            "MB of memory of LangChain": theirs.peak_bytes / 1e6,
            "MB of memory of a Kubelore Job": ours.peak_bytes / 1e6,
            "percent of that of LangChain (at most 50)": 100 * ours.peak_bytes / theirs.peak_bytes,
        }
    )


def _job(workshop: Workshop, key: str) -> Cost:
    spec = workshop.spec(JobOperation.UPSERT, one_object(key), uid=key, chunking=CHUNKING)
    return cost_of(lambda: workshop.start(spec).process)


def _best(costs: list[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.seconds)
