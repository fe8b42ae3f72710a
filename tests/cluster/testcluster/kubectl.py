"""kubectl bound to one cluster."""

from dataclasses import dataclass
from pathlib import Path

from testcluster.shell import run


@dataclass(frozen=True, slots=True)
class Kubectl:
    """A kubectl program and the kubeconfig that it is always given, whatever the environment says."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run it and return what it printed; raises ClusterError with its message if it fails."""
        return run(self.program, f"--kubeconfig={self.kubeconfig}", *arguments, stdin=stdin)
