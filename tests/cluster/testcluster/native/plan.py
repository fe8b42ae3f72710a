"""What one cluster is called, where it keeps things and which addresses it has: all that differs between clusters."""

import json
from dataclasses import dataclass
from pathlib import Path

from testcluster.cluster import cluster_name
from testcluster.control_plane import ControlPlane
from testcluster.native.addresses import Addresses

NODE_NAME = "node-1"
_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A cluster's folder, the folder of Kubernetes' programs, and its addresses."""

    folder: Path
    programs: Path
    addresses: Addresses

    @property
    def name(self) -> str:
        """The name of its network namespace and of its cgroup."""
        return cluster_name(self.folder)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def settings(self) -> Path:
        """The folder of the daemons' configuration."""
        return self.folder / "etc"

    @property
    def logs(self) -> Path:
        """The folder of the daemons' logs."""
        return self.folder / "logs"

    @property
    def control_plane(self) -> ControlPlane:
        """Its etcd and API server; the usual ports are free in a network namespace of its own."""
        return ControlPlane(
            programs=self.programs,
            data=self.folder,
            pki=self.folder / "pki",
            address=str(self.addresses.node),
            port=6443,
            etcd_port=2379,
            etcd_peer_port=2380,
            service_range=str(self.addresses.services),
        )

    def write(self) -> None:
        """Keep the plan in its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"programs": str(self.programs), "number": self.addresses.number}
        (self.folder / _FILE).write_text(json.dumps(content))


def read_plan(folder: Path) -> ClusterPlan | None:
    """Read the plan of the cluster kept in `folder`; None when there is none."""
    file = folder / _FILE
    if not file.is_file():
        return None
    content = json.loads(file.read_text())
    return ClusterPlan(folder, Path(content["programs"]), Addresses(int(content["number"])))
