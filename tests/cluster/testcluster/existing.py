"""A cluster that somebody else runs and lends to the tests: used as it is, never started, stopped or filled."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from testcluster.errors import ClusterError
from testcluster.images.inputs import ImageSource
from testcluster.kubectl import Kubectl
from testcluster.shell import succeeds
from testcluster.toolchain import component

VARIABLE = "KUBELORE_TEST_KUBECONFIG"


@dataclass(frozen=True, slots=True)
class ExistingCluster:
    """The cluster of the kubeconfig that KUBELORE_TEST_KUBECONFIG names."""

    kubeconfig: Path

    kind = "existing"

    @property
    def kubectl(self) -> Kubectl:
        """The user's own kubectl, or else the test cluster's."""
        own = shutil.which("kubectl")
        return Kubectl(Path(own) if own else component("kubectl"), self.kubeconfig)

    def is_running(self) -> bool:
        """Tell whether it answers."""
        return succeeds(self.kubectl.program, f"--kubeconfig={self.kubeconfig}", "get", "--raw=/readyz")

    def up(self) -> None:
        """Only look whether it answers."""
        if not self.is_running():
            raise ClusterError(
                f"{VARIABLE}={self.kubeconfig}: this cluster does not answer; start it, or unset {VARIABLE}"
            )

    def down(self) -> None:
        """Do nothing: it is not ours."""

    def build(self, source: ImageSource) -> None:
        """Refuse: only its owner knows how an image gets into it."""
        self.load(source.tag)

    def load(self, image: str) -> None:
        """Refuse: only its owner knows how an image gets into it."""
        raise ClusterError(f"{image}: not loaded, since {VARIABLE} names a cluster that is not ours; load it yourself")

    def service_address(self, namespace: str, name: str) -> None:
        """None: whether this machine reaches its Services is not known."""


def named_by_environment() -> ExistingCluster | None:
    """The cluster that the environment names, if it names one."""
    path = os.environ.get(VARIABLE)
    return ExistingCluster(Path(path)) if path else None
