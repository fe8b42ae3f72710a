"""Begin and end the processes of a cluster."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from testcluster.errors import ClusterError
from testcluster.native.network import processes_in
from testcluster.native.plan import ClusterPlan
from testcluster.paths import SOURCES
from testcluster.waiting import wait_until

_SECONDS_TO_DIE = 30


def start_supervisor(plan: ClusterPlan) -> "subprocess.Popen[bytes]":
    """Start the cluster's first process in new namespaces; it goes on when this process ends."""
    enter = ("nsenter", f"--net=/run/netns/{plan.name}")
    separate = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private")
    supervisor = (sys.executable, "-m", "testcluster.native.supervisor", str(plan.folder))
    with (plan.folder / "supervisor.log").open("wb") as log:
        return subprocess.Popen(
            (*enter, *separate, *supervisor),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            start_new_session=True,
        )


def is_alive(name: str) -> bool:
    """Tell whether the cluster `name` has its first process."""
    return _keeper(name) is not None


def first_process(name: str) -> int:
    """The host's id of process 1 of the cluster, through whose /proc entry its files are reached."""
    keeper = _keeper(name)
    for pid in processes_in(name):
        if keeper is not None and _status(pid, "PPid") == str(keeper):
            return pid
    raise ClusterError("the cluster does not run; start it with `python3 -m testcluster up`")


def kill(name: str) -> None:
    """End all processes of a cluster and wait until the last one is gone."""
    keeper = _keeper(name)
    if keeper is not None:
        os.kill(keeper, signal.SIGKILL)
    wait_until(
        f"no process left in network namespace {name} (see `ip netns pids {name}`)",
        lambda: not processes_in(name),
        _SECONDS_TO_DIE,
    )


def _keeper(name: str) -> int | None:
    """The `unshare` that started process 1, and whose end ends it."""
    return next((pid for pid in processes_in(name) if _status(pid, "Name") == "unshare"), None)


def _status(pid: int, field: str) -> str | None:
    """One field of a process's status; None when the process has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next(line.split()[1] for line in lines if line.startswith(f"{field}:"))
