"""The Debian packages that a node, and building what runs on it, needs."""

import shutil

from testcluster.errors import ClusterError
from testcluster.locks import locked
from testcluster.progress import say
from testcluster.shell import run

_PACKAGE_OF_PROGRAM = {
    "buildah": "buildah",
    "c++": "g++",
    "conntrack": "conntrack",
    "containerd": "containerd",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "iptables": "iptables",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
}
_CNI_PACKAGE = "containernetworking-plugins"
CNI_PLUGINS = "/usr/lib/cni"


def ensure_packages() -> None:
    """Install what is missing; needs root and apt."""
    with locked("packages"):
        _install_missing()


def _install_missing() -> None:
    missing = [package for program, package in _PACKAGE_OF_PROGRAM.items() if shutil.which(program) is None]
    if shutil.which("ptp", path=CNI_PLUGINS) is None:
        missing.append(_CNI_PACKAGE)
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise ClusterError(f"not installed: {', '.join(missing)} (Debian's names); install them, there is no apt-get")
    say(f"installing {', '.join(missing)}")
    run("apt-get", "update")
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "install", "--yes", "--no-install-recommends", *missing, env=quietly)
