"""A cluster made by kind, where a Docker engine runs."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from testcluster.addons import MILVUS, MINIO, add_gpus, apply_addons
from testcluster.cluster import cluster_name
from testcluster.images.base import BASE_IMAGE
from testcluster.images.inputs import ImageSource
from testcluster.images.own import milvus_source
from testcluster.kubectl import Kubectl
from testcluster.progress import say
from testcluster.shell import run, succeeds
from testcluster.toolchain import component

_GPUS = 2
_PUBLIC_BASE_IMAGE = "python:3.11-slim-bookworm"
_MINIO_IMAGE = "minio/minio:latest"


def is_possible() -> bool:
    """Tell whether kind is installed and a Docker engine answers."""
    return shutil.which("kind") is not None and succeeds("docker", "info")


@dataclass(frozen=True, slots=True)
class KindCluster:
    """kind's cluster for `folder`; kind itself brings DNS, a default StorageClass and network policies."""

    folder: Path

    kind = "kind"

    @property
    def name(self) -> str:
        """kind's name for it."""
        return cluster_name(self.folder)

    @property
    def kubectl(self) -> Kubectl:
        """kubectl with an administrator's rights."""
        own = shutil.which("kubectl")
        return Kubectl(Path(own) if own else component("kubectl"), self.folder / "kubeconfig")

    def is_running(self) -> bool:
        """Tell whether kind knows it and it answers."""
        known = self.name in run("kind", "get", "clusters").split()
        return known and succeeds(
            self.kubectl.program, f"--kubeconfig={self.kubectl.kubeconfig}", "get", "--raw=/readyz"
        )

    def up(self) -> None:
        """Start it unless it runs."""
        if self.is_running():
            say("it runs already")
            return
        self.down()
        self.folder.mkdir(parents=True, exist_ok=True)
        run("kind", "create", "cluster", "--name", self.name, "--kubeconfig", self.kubectl.kubeconfig, "--wait", "2m")
        self._load_base_image()
        self.build(milvus_source())
        add_gpus(self.kubectl, f"{self.name}-control-plane", _GPUS)
        apply_addons(self.kubectl, (MINIO, MILVUS), {"MINIO_IMAGE": _MINIO_IMAGE})

    def down(self) -> None:
        """Let kind delete it."""
        run("kind", "delete", "cluster", "--name", self.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self, source: ImageSource) -> None:
        """Build with Docker, on the base image that the Dockerfile itself names, and load."""
        run("docker", "build", "--tag", source.tag, "--file", source.dockerfile, *source.build_options, source.context)
        if self.is_running():
            self.load(source.tag)

    def load(self, image: str) -> None:
        """Load an archive, or an image of the Docker engine's."""
        what = "image-archive" if Path(image).is_file() else "docker-image"
        run("kind", "load", what, image, "--name", self.name)

    def _load_base_image(self) -> None:
        """Tests run their small pods in it."""
        run("docker", "pull", _PUBLIC_BASE_IMAGE)
        run("docker", "tag", _PUBLIC_BASE_IMAGE, BASE_IMAGE)
        self.load(BASE_IMAGE)

    def service_address(self, namespace: str, name: str) -> None:
        """None: Docker need not route to the Services."""
