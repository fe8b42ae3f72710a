"""The native cluster: started, reused, loaded and stopped."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from testcluster.addons import DNS, MILVUS, MINIO, VOLUMES, add_gpus, apply_addons
from testcluster.cluster import cluster_name
from testcluster.errors import ClusterError
from testcluster.images.build import build_archive, built_archive
from testcluster.images.inputs import ImageSource
from testcluster.images.own import own_archives
from testcluster.kubeconfig import write_kubeconfig
from testcluster.kubectl import Kubectl
from testcluster.locks import locked
from testcluster.native.addresses import first_free
from testcluster.native.cgroups import create_cgroup, remove_cgroup
from testcluster.native.containers import import_archive, load_built
from testcluster.native.life import is_alive, kill, start_supervisor
from testcluster.native.network import create_network, remove_network, routed_networks
from testcluster.native.packages import ensure_packages
from testcluster.native.plan import NODE_NAME, ClusterPlan, read_plan
from testcluster.native.settings import write_settings
from testcluster.progress import say
from testcluster.toolchain import component, components_folder
from testcluster.waiting import wait_until

_SECONDS_TO_START = 300
_GPUS = 2
_ADDONS = (DNS, VOLUMES, MINIO, MILVUS)


def is_possible() -> bool:
    """Tell whether this machine and user can have a native cluster."""
    return sys.platform == "linux" and os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class NativeCluster:
    """The cluster kept in `folder`, which holds nothing else."""

    folder: Path

    kind = "native"

    @property
    def kubectl(self) -> Kubectl:
        """kubectl with an administrator's rights."""
        return Kubectl(component("kubectl"), self.folder / "kubeconfig")

    def is_running(self) -> bool:
        """Tell whether its processes live and its addons were all up once."""
        plan = read_plan(self.folder)
        return plan is not None and _is_complete(plan) and is_alive(plan.name) and plan.control_plane.is_ready()

    def up(self) -> None:
        """Start it, unless it runs; what is left of one that died is removed first."""
        if self.is_running():
            say("it runs already")
            return
        self._refuse_foreign_folder()
        ensure_packages()
        programs, archives = components_folder(), list(own_archives())
        self.down()
        say("starting")
        plan = self._prepare(programs)
        self._await_node(plan, start_supervisor(plan))
        for archive in archives:
            load_built(plan, archive)
        add_gpus(self.kubectl, NODE_NAME, _GPUS)
        values = {"DNS_ADDRESS": str(plan.addresses.dns_service), "MINIO_IMAGE": "kubelore-test/minio:1"}
        apply_addons(self.kubectl, _ADDONS, values)
        _mark_complete(plan)
        say("ready")

    def down(self) -> None:
        """Kill its processes and remove its cgroups, links and files."""
        name = cluster_name(self.folder)
        if shutil.which("ip") is not None:
            kill(name)
            remove_network(name)
        remove_cgroup(name)
        if read_plan(self.folder) is not None:
            shutil.rmtree(self.folder)

    def build(self, source: ImageSource) -> None:
        """Build an image and, while the cluster runs, load it."""
        ensure_packages()
        archive = build_archive(source)
        if self.is_running():
            load_built(self._running_plan(), archive)

    def load(self, image: str) -> None:
        """Load an archive, or an image that was built before."""
        plan = self._running_plan()
        if Path(image).is_file():
            import_archive(plan, Path(image))
        else:
            load_built(plan, built_archive(ImageSource(Path(), Path(), image).reference))

    def service_address(self, namespace: str, name: str) -> str:
        """The Service's own address, which the host has a route to."""
        return self.kubectl("get", "service", f"--namespace={namespace}", name, "--output=jsonpath={.spec.clusterIP}")

    def _refuse_foreign_folder(self) -> None:
        if self.folder.is_dir() and any(self.folder.iterdir()) and read_plan(self.folder) is None:
            raise ClusterError(f"{self.folder}: holds files that are no cluster's; name an empty folder or a new one")

    def _prepare(self, programs: Path) -> ClusterPlan:
        with locked("addresses"):
            plan = ClusterPlan(self.folder, programs, first_free(routed_networks()))
            plan.write()
            create_network(plan)
        create_cgroup(plan.name)
        authority, admin = plan.control_plane.create_certificates(f"IP:{plan.addresses.kubernetes_service}")
        write_kubeconfig(plan.kubeconfig, plan.control_plane.server, authority, admin)
        write_settings(plan, authority)
        return plan

    def _await_node(self, plan: ClusterPlan, supervisor: "subprocess.Popen[bytes]") -> None:
        def has_ready_node() -> bool:
            if supervisor.poll() is not None:
                raise ClusterError(f"the cluster ended while starting; see the logs in {plan.logs} and beside it")
            return plan.control_plane.is_ready() and "True" in self._node_ready_condition()

        wait_until("the node is ready", has_ready_node, _SECONDS_TO_START)

    def _node_ready_condition(self) -> str:
        path = '{.items[*].status.conditions[?(@.type=="Ready")].status}'
        return self.kubectl("get", "nodes", f"--output=jsonpath={path}")

    def _running_plan(self) -> ClusterPlan:
        plan = read_plan(self.folder)
        if plan is None or not is_alive(plan.name):
            raise ClusterError(f"no cluster runs in {self.folder}; start it with `python3 -m testcluster up`")
        return plan


def _is_complete(plan: ClusterPlan) -> bool:
    return (plan.folder / "complete").exists()


def _mark_complete(plan: ClusterPlan) -> None:
    (plan.folder / "complete").touch()
