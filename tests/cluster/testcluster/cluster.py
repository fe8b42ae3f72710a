"""What every kind of test cluster can do."""

import hashlib
from pathlib import Path
from typing import Protocol

from testcluster.images.inputs import ImageSource
from testcluster.kubectl import Kubectl


class Cluster(Protocol):
    """A cluster that tests may use; `up` and `down` may be called whatever its state."""

    @property
    def kind(self) -> str:
        """How it is made, in a word or two."""

    @property
    def kubectl(self) -> Kubectl:
        """kubectl with an administrator's rights."""

    def is_running(self) -> bool:
        """Tell whether it answers and its node is ready."""

    def up(self) -> None:
        """Start it unless it runs."""

    def down(self) -> None:
        """Stop it and leave nothing behind."""

    def build(self, source: ImageSource) -> None:
        """Build an image and, while the cluster runs, load it."""

    def load(self, image: str) -> None:
        """Load an image into the running cluster: an archive's path, or the name of an image built before."""

    def service_address(self, namespace: str, name: str) -> str | None:
        """An address that this machine reaches a Service at; None when only a forwarded port does."""


def cluster_name(folder: Path) -> str:
    """The name of the cluster kept in `folder`: the same for the same folder, another for another."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return f"kubelore-{digest}"
