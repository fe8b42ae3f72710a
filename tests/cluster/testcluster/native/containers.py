"""The images in a cluster's containerd."""

import shutil
from pathlib import Path

from testcluster.images.build import UNKNOWN_INPUTS
from testcluster.native.life import first_process
from testcluster.native.plan import ClusterPlan
from testcluster.native.settings import CONTAINERD_SOCKET
from testcluster.shell import run


def load_built(plan: ClusterPlan, archive: Path) -> None:
    """Import an archive of the cache, unless it is what was imported last under its image's name."""
    last = _last_imports(plan) / archive.parent.name
    if last.is_file() and last.read_text() == archive.stem != UNKNOWN_INPUTS:
        return
    _import(plan, archive)
    last.parent.mkdir(exist_ok=True)
    last.write_text(archive.stem)


def import_archive(plan: ClusterPlan, archive: Path) -> None:
    """Import any archive; it may bring images of any name, so what is known of earlier ones holds no more."""
    shutil.rmtree(_last_imports(plan), ignore_errors=True)
    _import(plan, archive)


def _import(plan: ClusterPlan, archive: Path) -> None:
    """Reach containerd through its own view of the file system: its socket is in no folder of the host's."""
    socket = f"/proc/{first_process(plan.name)}/root{CONTAINERD_SOCKET}"
    run("ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", archive)


def _last_imports(plan: ClusterPlan) -> Path:
    return plan.folder / "imports"
