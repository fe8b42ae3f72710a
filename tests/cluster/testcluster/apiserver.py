"""A real API server alone, on free loopback ports: enough to see what it accepts and what it refuses.

No root, no node and no pods; objects are stored and validated, nothing acts on them.
"""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from testcluster.control_plane import ControlPlane
from testcluster.errors import ClusterError
from testcluster.kubeconfig import write_kubeconfig
from testcluster.kubectl import Kubectl
from testcluster.toolchain import component, components_folder
from testcluster.waiting import wait_until

_SECONDS_TO_START = 300
_SECONDS_TO_STOP = 10


@dataclass(frozen=True, slots=True)
class ApiServer:
    """A running API server, as an administrator sees it."""

    kubeconfig: Path
    url: str
    kubectl: Kubectl


@contextmanager
def running_apiserver() -> Iterator[ApiServer]:
    """Start etcd and kube-apiserver in seconds; stop them, by their process ids, and remove their data at the end."""
    programs = components_folder()
    with tempfile.TemporaryDirectory(prefix="apiserver-") as scratch, ExitStack() as processes:
        folder = Path(scratch)
        plane = _plan(programs, folder)
        authority, admin = plane.create_certificates()
        etcd = processes.enter_context(running_process(plane.etcd_command(), folder / "etcd.log"))
        server = processes.enter_context(
            running_process(plane.apiserver_command("--endpoint-reconciler-type=none"), folder / "kube-apiserver.log")
        )
        wait_until("kube-apiserver ready", lambda: _ready(plane, folder, etcd, server), _SECONDS_TO_START)
        kubeconfig = write_kubeconfig(folder / "kubeconfig", plane.server, authority, admin)
        yield ApiServer(kubeconfig, plane.server, Kubectl(component("kubectl"), kubeconfig))


def _plan(programs: Path, folder: Path) -> ControlPlane:
    port, etcd_port, etcd_peer_port = _free_ports(3)
    return ControlPlane(
        programs=programs,
        data=folder,
        pki=folder / "pki",
        address="127.0.0.1",
        port=port,
        etcd_port=etcd_port,
        etcd_peer_port=etcd_peer_port,
        service_range="10.0.0.0/16",
    )


def _ready(plane: ControlPlane, folder: Path, *processes: subprocess.Popen[bytes]) -> bool:
    if any(process.poll() is not None for process in processes):
        logs = "".join((folder / name).read_text()[-2000:] for name in ("etcd.log", "kube-apiserver.log"))
        raise ClusterError(f"etcd or kube-apiserver ended while starting:\n{logs}")
    return plane.is_ready()


@contextmanager
def running_process(command: tuple[str, ...], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the time of the block; what it says goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
