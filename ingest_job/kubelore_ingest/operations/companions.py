"""Brings what a task changes into the generations beside the one that answers: one being built, one kept to go back."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from kubelore.errors import KubeloreError
from kubelore_ingest.flow import EmbeddedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.operations.align import Aligner, batches
from kubelore_ingest.operations.workbench import Workbench
from kubelore_ingest.reporting.progress import NoSink, ProgressMeter
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.steps import record

_log = logging.getLogger(__name__)


class Companions:
    """The generations in `also`; one that can't follow holds nobody up: it is made whole before it answers."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._open = ExitStack()
        self._aligners = {other.generation: self._aligner(job.for_generation(other)) for other in job.spec.also}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def follow(self, documents: Sequence[EmbeddedDocument]) -> None:
        """Bring documents in whose records say that they are in the generation that answers."""
        if not self._aligners:
            return
        read = (record.read_record(self._job, document.document.document_id) for document in documents)
        there = [document for document in read if document is not None and document.has_rows]
        for generation, aligner in list(self._aligners.items()):
            try:
                for batch in batches(there):
                    aligner.align(batch)
            except KubeloreError as error:
                _log.warning("generation %d can't follow: %s", generation, error.message)
                del self._aligners[generation]

    def _aligner(self, job: Job) -> Aligner:
        return Aligner(job, self._open.enter_context(Workbench(job)), Tally(ProgressMeter(NoSink())))
