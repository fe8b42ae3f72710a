"""The real worker, which meets a fault in the middle of a stage: at its second document, or its first batch.

It reaches its stores and its embedder through relays of its own, so that one can go away under it for good. What
`FAULT` names happens at what `STAGE` names; the file `FAULT_MARK` then says that it did.
"""

import os
import resource
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from kubelore.embedding.openai_shaped import OpenAIShapedEmbedder, Patience
from kubelore.jobs.spec import JOB_VARIABLE, JobSpec
from kubelore.objectstore.s3 import S3Store
from kubelore.vectorstore.milvus import MilvusStore
from kubelore_ingest import main
from kubelore_ingest.job import Job
from kubelore_ingest.steps import chunk, embed, fetch, parse
from support.relay import Relay

STAGE_VARIABLE, FAULT_VARIABLE, MARK_VARIABLE = "STAGE", "FAULT", "FAULT_MARK"
STAGES = ("fetch", "parse", "chunk", "embed", "write Parquet", "upsert", "delete old", "record")
FAULTS = ("SIGKILL", "SIGTERM", "out of memory", "Milvus away", "S3 away", "embedder away")

_SECONDS_OF_PATIENCE = 1.0
_MORE_THAN_THERE_IS = 1 << 40
_OF_A_BATCH = frozenset({"embed", "upsert", "delete old"})

Call = Callable[..., Any]


class Fault:
    """Strikes once, before one of the calls of whatever it is put before."""

    def __init__(self, strike: Callable[[], None], mark: Path, at_call: int) -> None:
        self._strike = strike
        self._mark = mark
        self._at_call = at_call
        self._calls = 0

    def before(self, call: Call, applies: Callable[[Sequence[Any]], bool] = lambda _: True) -> Call:
        """Return the call with the fault in front of it, for the arguments that it applies to."""

        def struck(*arguments: Any, **named: Any) -> Any:
            if applies(arguments):
                self._calls += 1
                if self._calls == self._at_call:
                    self._mark.touch()
                    self._strike()
            return call(*arguments, **named)

        return struck


def run() -> None:
    """Put the fault in its place, and work."""
    relays = {name: _relayed(name) for name in ("KUBELORE_VECTOR_STORE", "KUBELORE_OBJECT_STORE")}
    relays["embedder"] = _relayed_embedder()
    stage, mark = os.environ[STAGE_VARIABLE], Path(os.environ[MARK_VARIABLE])
    at_call = 1 if stage in _OF_A_BATCH else 2
    _place(stage, Fault(_strike(os.environ[FAULT_VARIABLE], relays), mark, at_call))
    impatient = partial(OpenAIShapedEmbedder, passage_patience=Patience(answer=60, retries=_SECONDS_OF_PATIENCE))
    with (
        patch("kubelore_ingest.main.Job", partial(Job, patience_seconds=_SECONDS_OF_PATIENCE)),
        patch("kubelore.embedding.openai_shaped.OpenAIShapedEmbedder", impatient),
    ):
        main.main()


def _place(stage: str, fault: Fault) -> None:
    """Put the fault before the code that does the stage's work."""
    steps: dict[str, tuple[Any, str]] = {
        "fetch": (fetch, "fetch"),
        "parse": (parse, "parse"),
        "chunk": (chunk, "chunk"),
        "embed": (embed, "embed"),
        "upsert": (MilvusStore, "upsert"),
        "delete old": (MilvusStore, "delete"),
    }
    kept = {"write Parquet": "/chunks/", "record": "/records/"}
    if stage in kept:
        put = S3Store.put
        is_kept = partial(_is_put_under, kept[stage])
        S3Store.put = fault.before(put, is_kept)  # type: ignore[method-assign]  # for this process
        return
    place, name = steps[stage]
    setattr(place, name, fault.before(getattr(place, name)))


def _is_put_under(folder: str, arguments: Sequence[Any]) -> bool:
    return folder in arguments[1]


def _strike(fault: str, relays: dict[str, Relay]) -> Callable[[], None]:
    return {
        "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "SIGTERM": lambda: os.kill(os.getpid(), signal.SIGTERM),
        "out of memory": _run_out_of_memory,
        "Milvus away": relays["KUBELORE_VECTOR_STORE"].close,
        "S3 away": relays["KUBELORE_OBJECT_STORE"].close,
        "embedder away": relays["embedder"].close,
    }[fault]


def _run_out_of_memory() -> None:
    """Ask for more than there may be; raises MemoryError."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MORE_THAN_THERE_IS // 2, hard))
    bytearray(_MORE_THAN_THERE_IS)


def _relayed(variable: str) -> Relay:
    """Have the address in a variable reached through a relay."""
    relay, address = _relay_to(os.environ[variable])
    os.environ[variable] = address
    return relay


def _relayed_embedder() -> Relay:
    spec = JobSpec.model_validate_json(os.environ[JOB_VARIABLE])
    relay, address = _relay_to(spec.embedding.base_url or "")
    embedding = spec.embedding.model_copy(update={"base_url": address})
    os.environ[JOB_VARIABLE] = spec.model_copy(update={"embedding": embedding}).to_json()
    return relay


def _relay_to(address: str) -> tuple[Relay, str]:
    parts = urlsplit(address)
    assert parts.port is not None, address
    relay = Relay(parts.port)
    return relay, parts._replace(netloc=f"127.0.0.1:{relay.port}").geturl()


if __name__ == "__main__":
    run()
