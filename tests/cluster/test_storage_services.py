"""The object store and the vector database of the cluster answer, and keep what they are given."""

import base64
import io
from http import HTTPStatus
from urllib.request import urlopen
from uuid import uuid4

import pytest
from minio import Minio
from pymilvus import MilvusClient

from support.cluster import RunningCluster
from testcluster.existing import ExistingCluster

pytestmark = pytest.mark.cluster


def _secret(cluster: RunningCluster, key: str) -> str:
    return base64.b64decode(cluster.get("storage", "secret", "minio")["data"][key]).decode()


def test_an_object_put_into_minio_comes_back(cluster: RunningCluster) -> None:
    bucket = f"test-{uuid4().hex}"
    with cluster.endpoint("storage", "minio", 9000) as endpoint:
        minio = Minio(
            endpoint,
            access_key=_secret(cluster, "accessKey"),
            secret_key=_secret(cluster, "secretKey"),
            secure=False,
        )
        minio.make_bucket(bucket)
        minio.put_object(bucket, "greeting", io.BytesIO(b"hello"), 5)
        assert minio.get_object(bucket, "greeting").read() == b"hello"
        minio.remove_object(bucket, "greeting")
        minio.remove_bucket(bucket)


def test_a_row_put_into_milvus_is_found(cluster: RunningCluster) -> None:
    collection = f"test_{uuid4().hex}"
    with cluster.endpoint("storage", "milvus", 19530) as endpoint:
        milvus = MilvusClient(f"http://{endpoint}")
        milvus.create_collection(collection, dimension=3)
        milvus.insert(collection, [{"id": 1, "vector": [1.0, 0.0, 0.0]}, {"id": 2, "vector": [0.0, 1.0, 0.0]}])
        found = milvus.search(collection, [[0.9, 0.1, 0.0]], limit=1)
        milvus.drop_collection(collection)
    assert [hit["id"] for hit in found[0]] == [1]


def test_a_cluster_that_is_not_ours_is_reached_through_a_forwarded_port(cluster: RunningCluster) -> None:
    theirs = RunningCluster(ExistingCluster(cluster.kubeconfig))
    theirs.chosen.up()
    with theirs.endpoint("storage", "minio", 9000) as endpoint:
        assert endpoint.startswith("127.0.0.1:")
        with urlopen(f"http://{endpoint}/minio/health/live", timeout=10) as answer:
            assert answer.status == HTTPStatus.OK
