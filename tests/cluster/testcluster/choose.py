"""Which kind of cluster this machine gets."""

from pathlib import Path

from testcluster import existing, kind
from testcluster.cluster import Cluster
from testcluster.errors import ClusterUnavailableError
from testcluster.native import cluster as native


def choose(folder: Path) -> Cluster:
    """The cluster that the environment names; else kind's; else the native one; both kept in `folder`.

    Raises ClusterUnavailableError where none of them can be had.
    """
    named = existing.named_by_environment()
    if named is not None:
        return named
    if kind.is_possible():
        return kind.KindCluster(folder)
    if native.is_possible():
        return native.NativeCluster(folder)
    raise ClusterUnavailableError(
        "no test cluster: it takes Linux with root, or a Docker engine with kind, or a kubeconfig named by "
        f"{existing.VARIABLE}"
    )
