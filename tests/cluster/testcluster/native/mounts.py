"""The files that a cluster's daemons see: the machine's, except where they write."""

from pathlib import Path

from testcluster.native.plan import ClusterPlan
from testcluster.shell import run

_MACHINE_WIDE_SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops")
"""What a kubelet sets for the whole machine: here it writes to files of the cluster's own instead."""


def separate_writable_folders(plan: ClusterPlan) -> None:
    """Give this mount namespace its own /run, /var/log and /var/lib; sockets' paths stay short that way."""
    own = plan.folder / "var"
    for part in ("lib", "lib-work", "kubelet", "kernel"):
        (own / part).mkdir(parents=True, exist_ok=True)
    for folder in ("/run", "/var/log"):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    layers = f"lowerdir=/var/lib,upperdir={own / 'lib'},workdir={own / 'lib-work'}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, "/var/lib")
    Path("/var/lib/kubelet").mkdir(exist_ok=True)
    run("mount", "--bind", own / "kubelet", "/var/lib/kubelet")
    _shield_machine_wide_settings(own / "kernel")


def _shield_machine_wide_settings(folder: Path) -> None:
    for setting in _MACHINE_WIDE_SETTINGS:
        real = Path("/proc/sys") / setting
        copy = folder / real.name
        copy.write_text(real.read_text())
        run("mount", "--bind", copy, real)
