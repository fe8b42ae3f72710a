"""The test cluster as tests see it: started or reused once for a whole run, and left running after it."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from testcluster.choose import choose
from testcluster.cluster import Cluster
from testcluster.errors import ClusterError, ClusterUnavailableError
from testcluster.paths import DEFAULT_CLUSTER_FOLDER
from testcluster.toolchain import module_program
from testcluster.waiting import wait_until

_FORWARDED = re.compile(r"Forwarding from (127\.0\.0\.1:\d+)")


@dataclass(frozen=True, slots=True)
class RunningCluster:
    """A cluster that answers. `chosen` is how it came to be."""

    chosen: Cluster

    @property
    def kubeconfig(self) -> Path:
        """An administrator's way to the API server."""
        return self.chosen.kubectl.kubeconfig

    @property
    def kubectl_path(self) -> Path:
        """The kubectl program."""
        return self.chosen.kubectl.program

    @property
    def helm_path(self) -> Path:
        """The Helm 3 program."""
        return module_program("helm")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return what it printed; raises ClusterError with its message if it fails."""
        return self.chosen.kubectl(*arguments, stdin=stdin)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Apply manifests."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def get(self, namespace: str, kind: str, name: str) -> dict[str, Any]:
        """Read one object; raises ClusterError if there is none."""
        answer: dict[str, Any] = json.loads(
            self.kubectl("get", f"--namespace={namespace}", kind, name, "--output=json")
        )
        return answer

    def wait_for(self, what: str, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Return once `condition` holds; raises ClusterError naming `what` when it still does not after `seconds`."""
        wait_until(what, condition, seconds)

    def wait_for_condition(self, namespace: str, resource: str, condition: str, seconds: int = 60) -> None:
        """Wait until `kind/name` has a condition, such as `Ready`; raises ClusterError after `seconds`."""
        self.kubectl(
            "wait", f"--namespace={namespace}", resource, f"--for=condition={condition}", f"--timeout={seconds}s"
        )

    def run_pod(self, manifest: Mapping[str, Any], seconds: float = 60) -> str:
        """Run a pod to its end and return its log; raises ClusterError with the log if it fails."""
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]

        def phase() -> str:
            found: str = self.get(namespace, "pod", name)["status"]["phase"]
            return found

        self.apply(manifest)
        self.wait_for(f"pod {name} has ended", lambda: phase() in {"Succeeded", "Failed"}, seconds)
        log = self.kubectl("logs", f"--namespace={namespace}", name)
        if phase() == "Failed":
            raise ClusterError(f"pod {name} failed:\n{log}")
        return log

    @contextmanager
    def namespace(self, **labels: str) -> Iterator[str]:
        """Give a new namespace of a name of its own, and delete it at the end without waiting for what is in it."""
        name = f"test-{uuid4().hex[:10]}"
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    @contextmanager
    def endpoint(self, namespace: str, service: str, port: int) -> Iterator[str]:
        """Give `host:port` at which this process reaches a Service: its own address, or a forwarded port."""
        address = self.chosen.service_address(namespace, service)
        if address is not None:
            yield f"{address}:{port}"
            return
        with self._forwarded(namespace, service, port) as forwarded:
            yield forwarded

    @contextmanager
    def _forwarded(self, namespace: str, service: str, port: int) -> Iterator[str]:
        words = (f"--kubeconfig={self.kubeconfig}", "port-forward", f"--namespace={namespace}", f"service/{service}")
        with subprocess.Popen((self.kubectl_path, *words, f":{port}"), stdout=subprocess.PIPE, text=True) as process:
            try:
                yield _first_forwarded(process)
            finally:
                process.terminate()


@pytest.fixture(scope="session")
def cluster() -> RunningCluster:
    """The test cluster, started if need be; without one the test is skipped with the reason."""
    try:
        chosen = choose(DEFAULT_CLUSTER_FOLDER)
        chosen.up()
    except ClusterUnavailableError as reason:
        pytest.skip(str(reason))
    return RunningCluster(chosen)


def _first_forwarded(process: subprocess.Popen[str]) -> str:
    """kubectl says which port it chose once it listens; its output ends when it fails."""
    for line in process.stdout or ():
        if found := _FORWARDED.match(line):
            return found[1]
    raise ClusterError(f"`{process.args!r}` ended before it forwarded a port")
