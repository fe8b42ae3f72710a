"""A worker process that does no work: it ends as it is told, attempt by attempt.

`FAKE_WORKER_ENDS` lists the exit codes of a shard's attempts, separated by commas, and the last one stays;
`FAKE_PREPARE_ENDS` does so for the making of a collection, `FAKE_PLAN_ENDS` for the planning of a prefix, which finds
two documents a shard. A sync adds two. `hang` waits for ever, `killed` dies by SIGKILL. Each attempt leaves a line in
`attempts` beside its report.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from kubelore.clock import now, timestamp
from kubelore.documents.plan import PlanSummary
from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_OK, DocumentCounts, KnowledgeBaseTotals, ShardProgress, TerminationMessage
from kubelore.documents.sync import SyncReport
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import (
    JOB_VARIABLE,
    PROGRESS_FILE_VARIABLE,
    TERMINATION_FILE_VARIABLE,
    JobOperation,
    JobSpec,
)

ENDS_VARIABLE = "FAKE_WORKER_ENDS"
PREPARE_ENDS_VARIABLE = "FAKE_PREPARE_ENDS"
PLAN_ENDS_VARIABLE = "FAKE_PLAN_ENDS"
HANG = "hang"
KILLED = "killed"

_VARIABLES = {JobOperation.PREPARE: PREPARE_ENDS_VARIABLE, JobOperation.PLAN: PLAN_ENDS_VARIABLE}


def main() -> None:
    """Report, and end."""
    job = JobSpec.model_validate_json(os.environ[JOB_VARIABLE])
    report = Path(os.environ[TERMINATION_FILE_VARIABLE])
    end = _end(job, report.with_name("attempts"))
    Path(os.environ[PROGRESS_FILE_VARIABLE]).write_text(
        ShardProgress(documents=DocumentCounts(total=2, succeeded=1), chunks=3).to_json(), encoding="utf-8"
    )
    if end == HANG:
        threading.Event().wait()
    if end == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    report.write_text(_message(job, int(end)).to_json(), encoding="utf-8")
    sys.exit(int(end))


def _end(job: JobSpec, attempts: Path) -> str:
    ends = os.environ.get(_VARIABLES.get(job.operation, ENDS_VARIABLE), "0").split(",")
    with attempts.open("a+", encoding="utf-8") as lines:
        lines.write("attempt\n")
        lines.seek(0)
        return ends[min(len(lines.readlines()), len(ends)) - 1]


def _message(job: JobSpec, exit_code: int) -> TerminationMessage:
    if job.operation is JobOperation.PLAN and exit_code == EXIT_OK:
        return TerminationMessage(plan=PlanSummary(shards=job.shards, documents=2 * job.shards))
    if job.operation is JobOperation.SYNC and exit_code == EXIT_OK:
        return TerminationMessage(sync=SyncReport(finished_at=timestamp(now()), added=2))
    if exit_code == EXIT_OK:
        counts = DocumentCounts(total=2, succeeded=2)
        return TerminationMessage(documents=counts, chunks=6, totals=KnowledgeBaseTotals(documents=2, chunks=6))
    failure = Failure.from_error("a.pdf", KubeloreError(ErrorCode.DOCUMENT_BROKEN, "a.pdf"))
    return TerminationMessage(documents=DocumentCounts(total=1, failed=1), failures=(failure,))


if __name__ == "__main__":
    main()
