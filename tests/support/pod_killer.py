"""Ends pods as SIGKILL does: no grace, no last word, and nobody told; or stops them for a while."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from support.cluster import RunningCluster
from support.cluster_api import Body
from support.pods import PROBE_IMAGE

_NAME = "killer"
_PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}

_SIGNAL = textwrap.dedent("""\
    import os, pathlib, signal, sys

    def is_of_pod(process):
        mounts = (line.split() for line in (process / "mountinfo").read_text().splitlines())
        return any(mount[4] == "/etc/hosts" and f"/pods/{sys.argv[1]}/" in mount[3] for mount in mounts)

    signalled = 0
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and is_of_pod(process):
                os.kill(int(process.name), signal.Signals[sys.argv[2]])
                signalled += 1
        except (FileNotFoundError, ProcessLookupError):
            pass
        except OSError as error:
            if error.errno != 22:  # EINVAL: the process is ending
                raise
    print(signalled)
""")
"""A container's `/etc/hosts` is a file in the kubelet's folder for its pod, which bears the pod's uid."""


@dataclass(frozen=True, slots=True)
class PodKiller:
    """A pod that sees the node's processes."""

    cluster: RunningCluster
    namespace: str

    def kill(self, pod: Body) -> None:
        """Kill every process of a pod at once; fails where there is none any more."""
        self._signal(pod, "SIGKILL")

    def stop(self, pod: Body) -> None:
        """Have every process of a pod stand still: it keeps its connections and answers nothing."""
        self._signal(pod, "SIGSTOP")

    def go_on(self, pod: Body) -> None:
        """Have a pod that was stopped go on."""
        self._signal(pod, "SIGCONT")

    def _signal(self, pod: Body, signal: str) -> None:
        uid, name = pod["metadata"]["uid"], pod["metadata"]["name"]
        command = ("exec", f"--namespace={self.namespace}", _NAME, "--", "python3", "-c", _SIGNAL, uid, signal)
        assert int(self.cluster.kubectl(*command)), f"pod {name} had ended already"


@contextmanager
def pod_killer(cluster: RunningCluster) -> Iterator[PodKiller]:
    """Run a pod on the node that may end the processes of all others."""
    with cluster.namespace(**_PRIVILEGED) as namespace:
        container = {
            "name": "killer",
            "image": PROBE_IMAGE,
            "command": ["sleep", "infinity"],
            "securityContext": {"privileged": True},
        }
        spec = {"hostPID": True, "terminationGracePeriodSeconds": 0, "containers": [container]}
        metadata = {"name": _NAME, "namespace": namespace}
        cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        cluster.wait_for_condition(namespace, f"pod/{_NAME}", "Ready")
        yield PodKiller(cluster, namespace)
