"""The first process of a cluster's namespaces: starts its daemons, and ends the cluster when one of them ends.

Run as `python3 -m testcluster.native.supervisor FOLDER`, as process 1 of new mount and pid namespaces inside
the cluster's network namespace. When it ends, the kernel ends every process of the cluster with it.
"""

import os
import subprocess
import sys
from pathlib import Path

from testcluster.errors import ClusterError
from testcluster.native import daemons
from testcluster.native.mounts import separate_writable_folders
from testcluster.native.plan import ClusterPlan, read_plan
from testcluster.native.settings import CONTAINERD_SOCKET
from testcluster.waiting import wait_until

_SECONDS_TO_START = 300


def main(folder: Path) -> int:
    """Run the cluster planned in `folder` until one of its daemons ends."""
    plan = read_plan(folder)
    if plan is None:
        raise ClusterError(f"{folder}: holds no plan of a cluster; start one with `python3 -m testcluster up`")
    separate_writable_folders(plan)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    names = _start(plan)
    return _wait_for_an_end(names)


def _start(plan: ClusterPlan) -> dict[int, str]:
    plan.logs.mkdir(exist_ok=True)
    first = _spawn(plan, daemons.before_the_api_server(plan))
    wait_until("containerd listens", Path(CONTAINERD_SOCKET).exists, _SECONDS_TO_START)
    wait_until("kube-apiserver ready", plan.control_plane.is_ready, _SECONDS_TO_START)
    return first | _spawn(plan, daemons.after_the_api_server(plan))


def _spawn(plan: ClusterPlan, commands: dict[str, daemons.Command]) -> dict[int, str]:
    names = {}
    for name, command in commands.items():
        with (plan.logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "TMPDIR": "/run"}
            )
        names[process.pid] = name
    return names


def _wait_for_an_end(names: dict[int, str]) -> int:
    """Reap every process that ends, as process 1 must, until one of the daemons does."""
    while True:
        pid, status = os.wait()
        if pid in names:
            code = os.waitstatus_to_exitcode(status)
            print(f"{names[pid]} ended with {code}; so the cluster ends. Its log is logs/{names[pid]}.log", flush=True)
            return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
