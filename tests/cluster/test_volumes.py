"""A claim gets a volume, which a pod without root's rights can write through its group."""

from typing import Any

import pytest

from support.cluster import RunningCluster
from support.pods import pod
from testcluster.errors import ClusterError

pytestmark = pytest.mark.cluster


def _claim(namespace: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}}
    metadata = {"name": "data", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _pod_with_claim(name: str, namespace: str, script: str, **security: int) -> dict[str, Any]:
    manifest = pod(name, namespace, ("sh", "-c", script), volumeMounts=[{"name": "data", "mountPath": "/data"}])
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    manifest["spec"] |= {"volumes": [volume], "securityContext": security}
    return manifest


def test_what_one_pod_writes_another_reads(cluster: RunningCluster) -> None:
    with cluster.namespace() as namespace:
        cluster.apply(_claim(namespace))
        cluster.run_pod(_pod_with_claim("writer", namespace, "echo kept > /data/file", fsGroup=1234))
        assert cluster.get(namespace, "pvc", "data")["status"]["phase"] == "Bound"
        assert cluster.run_pod(_pod_with_claim("reader", namespace, "cat /data/file", fsGroup=1234)) == "kept\n"


def test_without_a_group_the_volume_belongs_to_root(cluster: RunningCluster) -> None:
    with cluster.namespace() as namespace:
        cluster.apply(_claim(namespace))
        with pytest.raises(ClusterError, match="Permission denied"):
            cluster.run_pod(_pod_with_claim("writer", namespace, "echo lost > /data/file"))
