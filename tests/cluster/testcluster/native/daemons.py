"""The commands of the daemons that make a cluster."""

from testcluster.native.plan import NODE_NAME, ClusterPlan
from testcluster.native.settings import ENFORCER_SOCKET, kubeconfig_of

Command = tuple[str, ...]


def before_the_api_server(plan: ClusterPlan) -> dict[str, Command]:
    """What needs nothing else to be up; the name of each is its log's name too."""
    plane = plan.control_plane
    return {
        "containerd": ("containerd", f"--config={plan.settings / 'containerd.toml'}"),
        "etcd": plane.etcd_command(),
        "kube-apiserver": plane.apiserver_command(
            "--enable-bootstrap-token-auth=false",
            f"--kubelet-client-certificate={plane.pki / 'admin.crt'}",
            f"--kubelet-client-key={plane.pki / 'admin.key'}",
            "--kubelet-preferred-address-types=InternalIP",
        ),
    }


def after_the_api_server(plan: ClusterPlan) -> dict[str, Command]:
    """What would fail or wait were the API server or containerd not ready."""
    return {
        "kube-controller-manager": _controller_manager(plan),
        "kube-scheduler": (*_program(plan, "kube-scheduler"), "--leader-elect=false"),
        "kube-proxy": (
            str(plan.programs / "kube-proxy"),
            f"--config={plan.settings / 'kube-proxy.json'}",
            f"--hostname-override={NODE_NAME}",
        ),
        "network-policy-enforcer": (
            *_program(plan, "network-policy-enforcer"),
            f"--pod-range={plan.addresses.pods}",
            f"--socket={ENFORCER_SOCKET}",
        ),
        "kubelet": (
            *_program(plan, "kubelet"),
            f"--config={plan.settings / 'kubelet.json'}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={plan.addresses.node}",
        ),
    }


def _controller_manager(plan: ClusterPlan) -> Command:
    pki = plan.control_plane.pki
    return (
        *_program(plan, "kube-controller-manager"),
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'service-accounts.key'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
    )


def _program(plan: ClusterPlan, name: str) -> Command:
    return str(plan.programs / name), f"--kubeconfig={kubeconfig_of(plan, name)}"
