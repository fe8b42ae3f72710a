"""The configuration files of a node's daemons."""

import json
from pathlib import Path
from string import Template

from testcluster.kubeconfig import write_kubeconfig
from testcluster.native.packages import CNI_PLUGINS
from testcluster.native.plan import NODE_NAME, ClusterPlan
from testcluster.pki import Authority

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
ENFORCER_SOCKET = "/run/network-policy-enforcer.sock"
PAUSE_IMAGE = "docker.io/kubelore-test/pause:1"
USERS = {
    "kube-controller-manager": "/CN=system:kube-controller-manager",
    "kube-proxy": "/CN=system:kube-proxy",
    "kube-scheduler": "/CN=system:kube-scheduler",
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE_NAME}",
    "network-policy-enforcer": "/O=system:masters/CN=network-policy-enforcer",
}
"""Each daemon that talks to the API server, and whom its certificate says it is."""

_CONTAINERD = Template("""\
version = 2
root = "$folder/containerd"
state = "/run/containerd"
[grpc]
address = "$socket"
[plugins."io.containerd.internal.v1.opt"]
path = "$folder/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$pause"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
tolerate_missing_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$settings/cni-plugins"
conf_dir = "$settings/cni"
""")


def write_settings(plan: ClusterPlan, authority: Authority) -> None:
    """Write every daemon's configuration and kubeconfig."""
    (plan.settings / "cni").mkdir(parents=True)
    _gather_cni_plugins(plan)
    (plan.settings / "containerd.toml").write_text(_containerd(plan))
    (plan.settings / "resolv.conf").touch()
    _write_json(plan.settings / "cni" / "pods.conflist", _cni(plan))
    _write_json(plan.settings / "kubelet.json", _kubelet(plan))
    _write_json(plan.settings / "kube-proxy.json", _kube_proxy(plan))
    for user, subject in USERS.items():
        certificate = authority.issue(user, subject)
        write_kubeconfig(kubeconfig_of(plan, user), plan.control_plane.server, authority, certificate)


def kubeconfig_of(plan: ClusterPlan, daemon: str) -> Path:
    """The kubeconfig of one of `USERS`."""
    return plan.settings / f"{daemon}.kubeconfig"


def _gather_cni_plugins(plan: ClusterPlan) -> None:
    """containerd looks for plugins in one folder: link the packaged ones beside our own."""
    folder = plan.settings / "cni-plugins"
    folder.mkdir()
    for plugin in (*Path(CNI_PLUGINS).iterdir(), plan.programs / "network-policy"):
        (folder / plugin.name).symlink_to(plugin)


def _containerd(plan: ClusterPlan) -> str:
    """The OOM score stays as it is: where a process may not lower it, runc would fail."""
    return _CONTAINERD.substitute(
        folder=plan.folder,
        settings=plan.settings,
        socket=CONTAINERD_SOCKET,
        pause=PAUSE_IMAGE,
    )


def _cni(plan: ClusterPlan) -> dict[str, object]:
    """Point-to-point links: with a bridge, traffic between pods would bypass the network policies' table."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(plan.addresses.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": "/run/pod-addresses",
    }
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {"type": "ptp", "ipam": addresses},
            {"type": "portmap", "capabilities": {"portMappings": True}},
            {"type": "network-policy", "socket": ENFORCER_SOCKET},
        ],
    }


def _kubelet(plan: ClusterPlan) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(plan.control_plane.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{plan.name}",
        "clusterDNS": [str(plan.addresses.dns_service)],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "maxPods": 300,
        "podLogsDir": "/var/log/pods",
        "registerWithTaints": [],
        "resolvConf": str(plan.settings / "resolv.conf"),
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
    }


def _kube_proxy(plan: ClusterPlan) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(kubeconfig_of(plan, "kube-proxy"))},
        "clusterCIDR": str(plan.addresses.pods),
        "conntrack": {"maxPerCore": 0},
        "iptables": {"minSyncPeriod": "100ms"},
        "mode": "iptables",
    }


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2))
