"""Why pods don't run, in words that say what to do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kubelore.resources.conditions import Reason
from kubelore_operator.reconcile.log_text import cut, last_words
from kubelore_operator.reconcile.model_fetch import fetch_failure
from kubelore_operator.reconcile.observed import Crash, Job, Pod, Waiting
from kubelore_operator.workload import FETCH_CONTAINER

_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_OUT_OF_MEMORY = "OOMKilled"
_HELD_BACK = "CrashLoopBackOff"
_SIGKILL = 137
_OFTEN = 2

_SHORT = re.compile(r"Insufficient ([A-Za-z0-9][\w./-]*\w)")
_MISSING_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a pod from running, and what to do about it."""

    reason: Reason
    message: str


def problem_of(job: Job) -> Problem | None:
    """Say what keeps a Job's pods from running, or None if nothing does."""
    if job.is_suspended:
        message = f"Job {job.key.name} waits for Kueue to admit it; kubectl describe workload says for what"
        return Problem(Reason.QUEUED, message)
    return first_problem(job.pods)


def first_problem(pods: Iterable[Pod]) -> Problem | None:
    """Say what keeps the first troubled pod from running, or None if nothing does."""
    problems = (problem for pod in pods if not pod.is_deleting and (problem := _problem(pod)) is not None)
    return next(problems, None)


def _problem(pod: Pod) -> Problem | None:
    if pod.unschedulable is not None:
        return Problem(Reason.UNSCHEDULABLE, f"pod {pod.name} fits on no node: {_unschedulable(pod.unschedulable)}")
    if pod.crash is not None and not pod.is_ready:
        return _crashed(pod, pod.crash)
    if pod.waiting is not None:
        return _waiting(pod, pod.waiting)
    return None


def _unschedulable(message: str) -> str:
    """Begin with what is short, which the scheduler's own sentence, one reason a node, leads up to."""
    short, claim = sorted(set(_SHORT.findall(message))), _MISSING_CLAIM.search(message)
    if claim is not None:
        return f"the volume claim {claim[1]} does not exist; create it, or name another one ({cut(message)})"
    if short:
        return f"there is not enough {', '.join(short)}; free or add some, or ask for less ({cut(message)})"
    return f"{cut(message)}; free or add what is missing, or ask for less"


def _waiting(pod: Pod, waiting: Waiting) -> Problem | None:
    where = f"container {waiting.container} of pod {pod.name}"
    said = cut(waiting.message)
    if waiting.reason in _IMAGE_REASONS:
        return Problem(
            Reason.IMAGE_PULL_FAILED,
            f"{where}: the image can't be pulled ({said}); check its name, and the pull secret of its registry",
        )
    if waiting.reason in _CONFIG_REASONS:
        return Problem(
            Reason.CONTAINER_NOT_STARTED,
            f"{where} can't be started ({said}); create what is missing, or correct the reference",
        )
    if waiting.reason == _HELD_BACK:
        log = f"kubectl logs {pod.name} -c {waiting.container} --previous"
        return Problem(Reason.CRASH_LOOP, f"{where} crashes again and again ({said}); look at its log with {log}")
    return None


def _crashed(pod: Pod, crash: Crash) -> Problem | None:
    """Judge a crash; the first one may be the last, unless it says by itself that it isn't."""
    where = f"container {crash.container} of pod {pod.name}"
    if crash.ended.reason == _OUT_OF_MEMORY:
        return Problem(
            Reason.OUT_OF_MEMORY,
            f"{where} needs more memory than it may have; raise spec.resources.limits.memory",
        )
    failure = fetch_failure(crash.ended.message) if crash.container == FETCH_CONTAINER else None
    if failure is not None:
        return Problem(failure.reason, f"pod {pod.name}: {failure.message}")
    if crash.restarts < _OFTEN and not _is_held_back(pod):
        return None
    log = f"kubectl logs {pod.name} -c {crash.container} --previous"
    reason = Reason.MODEL_FETCH_FAILED if crash.container == FETCH_CONTAINER else Reason.CRASH_LOOP
    return Problem(reason, f"{where} crashes again and again ({_last_end(crash)}); look at its log with {log}")


def _is_held_back(pod: Pod) -> bool:
    return pod.waiting is not None and pod.waiting.reason == _HELD_BACK


def _last_end(crash: Crash) -> str:
    code = crash.ended.exit_code
    killed = ", killed from outside: its liveness probe failed or its node was short of memory"
    words = last_words(crash.ended.message)
    said = f": {words}" if words else ""
    return f"exit code {code}{killed if code == _SIGKILL else ''}{said}"
