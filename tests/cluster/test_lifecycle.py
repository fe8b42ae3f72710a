"""Clusters run side by side, come back after a death, and leave nothing behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cluster import RunningCluster
from support.pods import pod
from testcluster.cluster import cluster_name
from testcluster.errors import ClusterError
from testcluster.native.cluster import NativeCluster
from testcluster.native.cluster import is_possible as native_is_possible
from testcluster.waiting import wait_until

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not native_is_possible(), reason="no native cluster: it takes Linux with root"),
]


@pytest.fixture
def second(tmp_path: Path) -> Iterator[NativeCluster]:
    """A cluster that no other test uses."""
    cluster = NativeCluster(tmp_path / "second")
    yield cluster
    cluster.down()


def _processes_of(cluster: NativeCluster) -> dict[int, str]:
    """The commands of its daemons, which name its folder, and of its pods, which are in its cgroup."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, groups = (entry / "cmdline").read_text(), (entry / "cgroup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(cluster.folder) in command or cluster_name(cluster.folder) in groups:
            found[int(entry.name)] = command
    return found


def _traces_of(cluster: NativeCluster) -> set[str]:
    """Where on the machine something of the cluster is."""
    mark = cluster_name(cluster.folder).removeprefix("kubelore-")
    listings = {
        "links": _output("ip", "link"),
        "routes": _output("ip", "route"),
        "namespaces": _output("ip", "netns"),
        "mounts": _output("mount").replace(str(cluster.folder), mark),
        "cgroups": " ".join(str(group) for group in Path("/sys/fs/cgroup").glob("*/*")),
    }
    traces = {where for where, listing in listings.items() if mark in listing}
    traces |= {"processes"} if _processes_of(cluster) else set()
    return traces | ({"files"} if cluster.folder.exists() else set())


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_second_cluster_runs_beside_the_first_and_leaves_nothing(
    cluster: RunningCluster, second: NativeCluster
) -> None:
    second.up()
    RunningCluster(second).apply(pod("mark", "default"))
    second.kubectl("wait", "pod/mark", "--for=condition=Ready")
    with pytest.raises(ClusterError, match="NotFound"):
        cluster.get("default", "pod", "mark")
    assert _traces_of(second) == {"links", "routes", "namespaces", "mounts", "cgroups", "processes", "files"}

    second.down()
    assert _traces_of(second) == set()
    assert not second.is_running()
    assert cluster.chosen.is_running()


def test_a_cluster_that_died_is_started_anew(second: NativeCluster) -> None:
    second.up()
    second.kubectl("create", "namespace", "from-before")
    (apiserver,) = (pid for pid, command in _processes_of(second).items() if "/kube-apiserver\0" in command)
    os.kill(apiserver, signal.SIGKILL)
    wait_until("the cluster ends with it", lambda: not _processes_of(second), 20)
    assert not second.is_running()

    second.up()
    assert second.is_running()
    assert "from-before" not in second.kubectl("get", "namespaces")


def test_a_running_cluster_is_reused(cluster: RunningCluster) -> None:
    started = cluster.get("default", "namespace", "default")["metadata"]["uid"]
    cluster.chosen.up()
    assert cluster.get("default", "namespace", "default")["metadata"]["uid"] == started
