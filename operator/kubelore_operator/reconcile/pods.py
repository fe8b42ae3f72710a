"""Why pods don't run, in words that say what to do."""

from collections.abc import Iterable

from kubelore_operator.reconcile.observed import Pod, Waiting

_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_CRASH_REASON = "CrashLoopBackOff"
_LONGEST_DETAIL = 600


def first_problem(pods: Iterable[Pod]) -> str | None:
    """Say what keeps the first troubled pod from running, or None if nothing does."""
    problems = (problem for pod in pods if not pod.is_deleting and (problem := _problem(pod)) is not None)
    return next(problems, None)


def _problem(pod: Pod) -> str | None:
    if pod.unschedulable is not None:
        return (
            f"pod {pod.name} fits on no node ({_detail(pod.unschedulable)}); "
            "free or add what is missing, or ask for less"
        )
    if pod.waiting is not None:
        return _why_waiting(pod, pod.waiting)
    return None


def _why_waiting(pod: Pod, waiting: Waiting) -> str | None:
    where = f"container {waiting.container} of pod {pod.name}"
    if waiting.reason in _IMAGE_REASONS:
        return (
            f"{where}: the image can't be pulled ({_detail(waiting.message)}); "
            "check its name, and the pull secret of its registry"
        )
    if waiting.reason in _CONFIG_REASONS:
        return (
            f"{where} can't be started ({_detail(waiting.message)}); create what is missing, or correct the reference"
        )
    if waiting.reason == _CRASH_REASON:
        return (
            f"{where} crashes again and again ({_crash(pod)}); look at its log with kubectl logs {pod.name} --previous"
        )
    return None


def _crash(pod: Pod) -> str:
    crash = pod.last_crash
    if crash is None:
        return f"{pod.restarts} restarts"
    if crash.reason == "OOMKilled":
        return "it needs more memory than it may have; raise spec.resources.limits.memory"
    return _detail(f"exit code {crash.exit_code} {crash.message}".strip())


def _detail(text: str) -> str:
    """The last part of a long text: tools say at the end what went wrong."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DETAIL else "…" + line[-_LONGEST_DETAIL:]
