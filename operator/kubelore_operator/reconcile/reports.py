"""What workers reported, read from their pods and from a task's status."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, EXIT_OK, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_operator.reconcile.observed import Ended, Job, JobState, Pod

SECONDS_FOR_REPORTS = 5
"""How long to wait for the pods of a Job that has ended to be seen as ended, too."""

_OUT_OF_MEMORY = "OOMKilled"
_DEADLINE_EXCEEDED = "DeadlineExceeded"


def parse_report(ended: Ended) -> TerminationMessage | None:
    """Read a termination message, or return None where there is none to read."""
    if not ended.message:
        return None
    try:
        return TerminationMessage.model_validate_json(ended.message)
    except ValidationError:
        return None


def latest_ends(pods: Iterable[Pod]) -> Mapping[int, Ended]:
    """Return how each shard's best pod ended: one that succeeded, else the one that ended last."""
    best: dict[int, Ended] = {}
    for pod in pods:
        if pod.ended is not None and _is_better(pod.ended, best.get(pod.shard)):
            best[pod.shard] = pod.ended
    return best


def settled_reports(job: Job) -> Mapping[int, TerminationMessage]:
    """Return the reports of shards that won't be tried again."""
    return {
        shard: message
        for shard, ended in latest_ends(job.pods).items()
        if ended.exit_code in {EXIT_OK, EXIT_DOCUMENT_IS_BAD} and (message := parse_report(ended)) is not None
    }


def all_are_in(job: Job) -> bool:
    """Say whether every pod of an ended Job has been seen to end: the Job may be seen to end a moment earlier."""
    if job.state is JobState.COMPLETE:
        return len(settled_reports(job)) >= job.completions
    return bool(job.pods) and all(pod.ended is not None for pod in job.pods)


def why_failed(job: Job, subject: str) -> Failure:
    """Say why a Job's worker failed: in its own words, else by how its pod ended."""
    failed = (ended for _, ended in sorted(latest_ends(job.pods).items()) if ended.exit_code != EXIT_OK)
    ended = next(failed, None)
    message = parse_report(ended) if ended is not None else None
    if message is not None and message.failures:
        return message.failures[0]
    return Failure.from_error(subject, _silent_end(job, ended, subject))


def _silent_end(job: Job, ended: Ended | None, subject: str) -> KubeloreError:
    if ended is not None and ended.reason == _OUT_OF_MEMORY:
        return KubeloreError(ErrorCode.JOB_OUT_OF_MEMORY, subject)
    if job.reason == _DEADLINE_EXCEEDED:
        return KubeloreError(ErrorCode.JOB_DEADLINE_EXCEEDED, subject)
    if ended is None:
        return KubeloreError(ErrorCode.JOB_DIED, subject, f"{job.reason}: {job.message}" if job.reason else "")
    return KubeloreError(ErrorCode.JOB_DIED, subject, f"exit code {ended.exit_code}, {ended.reason or 'no reason'}")


def _is_better(new: Ended, old: Ended | None) -> bool:
    return old is None or _rank(new) > _rank(old)


def _rank(ended: Ended) -> tuple[bool, str]:
    return (ended.exit_code == EXIT_OK, ended.finished_at.isoformat() if ended.finished_at else "")
