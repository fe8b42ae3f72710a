"""Where model servers of the test cluster fetch from: a bucket, a registry, a volume, a server that holds back."""

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from minio import Minio

from support import model_registry, model_server
from support.cluster import RunningCluster
from support.cluster_api import Body
from support.gguf_models import write_minilm, write_tiny_chat
from support.installation import Installation
from support.model_registry import registry_files
from support.pods import pod, service

BUCKET = "models"
EMBEDDING_FILE = "minilm.gguf"
CHAT_FILE = "chat.gguf"
EMBEDDING_TAG = "minilm:1"
FOLDER = "folder/"
FOLDER_FILES = {"config.json": b"{}", "weights/part-1.safetensors": b"none"}
"""What only the stand-in for vLLM would take for a model."""

_REGISTRY = "registry"
_HOLDING = "holding"
_PORT = 8080
_USERS_GROUP = 65532
_ANYONE_READS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["*"]},
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}

_DOWNLOAD = "import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])"

_HOLD_BACK = textwrap.dedent("""\

    import signal, sys, urllib.request
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    with urllib.request.urlopen(sys.argv[2]) as answer:
        content = answer.read()
    with model_server("0.0.0.0", int(sys.argv[1])) as server:
        file = server.serve("/model.gguf", ServedFile(content, hold_after=len(content) // 2))
        while signal.sigwait({signal.SIGUSR1}):
            file.released.set()
            print(file.sent, flush=True)
""")


@dataclass(frozen=True, slots=True)
class PublishedModels:
    """Models in a bucket that asks nobody who they are: `files` by their names, and a model of several in `folder`."""

    files: Mapping[str, bytes]
    folder: Mapping[str, bytes]
    bucket_url: str = f"http://minio.storage.svc:9000/{BUCKET}"

    def url(self, file: str) -> str:
        """Where pods find a file."""
        return f"{self.bucket_url}/{file}"


def publish_models(installation: Installation, folder: Path) -> PublishedModels:
    """Write the models, and put them into the bucket as they are and as a registry has them."""
    paths = (write_minilm(folder / EMBEDDING_FILE), write_tiny_chat(folder / CHAT_FILE))
    files = {path.name: path.read_bytes() for path in paths}
    name, tag = EMBEDDING_TAG.split(":")
    blobs = registry_files(f"library/{name}", tag, files[EMBEDDING_FILE], "bert")
    client = _open_bucket(installation)
    folder_files = {f"{FOLDER}{name}": content for name, content in FOLDER_FILES.items()}
    for key, content in {**files, **blobs, **folder_files}.items():
        client.put_object(bucket_name=BUCKET, object_name=key, data=BytesIO(content), length=len(content))
    return PublishedModels(files, FOLDER_FILES)


def publish_folder(installation: Installation, folder: Path, prefix: str) -> Body:
    """Put a model of several files into the bucket, and return the source that an LLMServer names."""
    client = _open_bucket(installation)
    for path in folder.iterdir():
        client.fput_object(bucket_name=BUCKET, object_name=f"{prefix}{path.name}", file_path=str(path))
    return {"s3": {"bucket": BUCKET, "key": prefix}}


def _open_bucket(installation: Installation) -> Minio:
    settings = installation.settings
    client = Minio(
        urlsplit(settings.object_store_url).netloc,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=False,
    )
    if not client.bucket_exists(bucket_name=BUCKET):
        client.make_bucket(bucket_name=BUCKET)
    client.set_bucket_policy(bucket_name=BUCKET, policy=json.dumps(_ANYONE_READS))
    return client


@contextmanager
def running_registry(cluster: RunningCluster, models: PublishedModels) -> Iterator[str]:
    """Run a registry that redirects to the bucket, and yield its host."""
    command = ("python3", "-c", inspect.getsource(model_registry), str(_PORT), models.bucket_url)
    with _running(cluster, _REGISTRY, command) as namespace:
        yield f"{_REGISTRY}.{namespace}.svc"


@dataclass(frozen=True, slots=True)
class HoldingServer:
    """A server that sends half of a file, and the rest once it is told to."""

    cluster: RunningCluster
    namespace: str

    @property
    def url(self) -> str:
        """The file's address."""
        return f"http://{_HOLDING}.{self.namespace}.svc/model.gguf"

    def go_on(self) -> int:
        """Let it send everything; return the bytes that it has sent so far."""
        here = f"--namespace={self.namespace}"
        before = self.cluster.kubectl("logs", here, _HOLDING).splitlines()
        self.cluster.kubectl("exec", here, _HOLDING, "--", "sh", "-c", "kill -USR1 1")

        def lines() -> list[str]:
            return self.cluster.kubectl("logs", here, _HOLDING).splitlines()

        self.cluster.wait_for("the server says what it sent", lambda: len(lines()) > len(before))
        return int(lines()[-1])


@contextmanager
def holding_server(cluster: RunningCluster, models: PublishedModels, file: str) -> Iterator[HoldingServer]:
    """Serve a file of the bucket, at first its half."""
    program = inspect.getsource(model_server) + _HOLD_BACK
    command = ("python3", "-c", program, str(_PORT), models.url(file))
    with _running(cluster, _HOLDING, command) as namespace:
        yield HoldingServer(cluster, namespace)


@contextmanager
def _running(cluster: RunningCluster, name: str, command: tuple[str, ...]) -> Iterator[str]:
    """Run a pod behind a Service of its name, in a namespace of its own."""
    with cluster.namespace() as namespace:
        listens: Body = {
            "ports": [{"name": "http", "containerPort": _PORT}],
            "readinessProbe": {"tcpSocket": {"port": _PORT}, "periodSeconds": 1},
        }
        cluster.apply(pod(name, namespace, command, **listens), service(name, namespace))
        cluster.wait_for_condition(namespace, f"pod/{name}", "Ready", seconds=120)
        yield namespace


@contextmanager
def filled_claim(installation: Installation, models: PublishedModels, file: str) -> Iterator[str]:
    """Put a file of the bucket on a volume, and yield the claim's name."""
    namespace, name = installation.api.namespace, f"volume-of-{file.replace('.', '-')}"
    installation.cluster.apply(_claim(name, namespace))
    try:
        installation.cluster.run_pod(_filling(name, namespace, models.url(file)), seconds=120)
        yield name
    finally:
        words = (f"--namespace={namespace}", "--ignore-not-found", "--wait=false")
        installation.cluster.kubectl("delete", *words, f"pod/{name}", f"persistentvolumeclaim/{name}")


def _claim(name: str, namespace: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def _filling(name: str, namespace: str, url: str) -> Body:
    command = ("python3", "-c", _DOWNLOAD, url, f"/models/{url.rpartition('/')[2]}")
    filling = pod(name, namespace, command, volumeMounts=[{"name": "models", "mountPath": "/models"}])
    filling["spec"]["volumes"] = [{"name": "models", "persistentVolumeClaim": {"claimName": name}}]
    filling["spec"]["securityContext"] = {"fsGroup": _USERS_GROUP}
    return filling
