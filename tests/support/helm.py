"""The chart, rendered or installed by a real Helm."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from testcluster.errors import ClusterUnavailableError
from testcluster.shell import run
from testcluster.toolchain import KUBERNETES_VERSION, module_program

CHART = Path(__file__).parents[2] / "charts" / "kubelore"

NAMESPACE = "kubelore"
RELEASE = "kubelore"

STORES: Mapping[str, Any] = {
    "storage": {
        "objectStore": {"url": "http://minio.storage.svc:9000/kubelore", "accessKey": "key", "secretKey": "secret"},
        "vectorStore": {"uri": "http://milvus.storage.svc:19530"},
    }
}
"""What nobody can leave out."""

Values = Mapping[str, Any]
Manifest = dict[str, Any]


class Helm:
    """Helm 3 and the chart; every method raises ClusterError with Helm's own words."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def lint(self, values: Values) -> str:
        """Check the chart, warnings included."""
        return self._run("lint", CHART, values, "--strict", f"--kube-version={KUBERNETES_VERSION}")

    def template(self, values: Values) -> list[Manifest]:
        """Render the chart."""
        version = f"--kube-version={KUBERNETES_VERSION}"
        text = self._run("template", RELEASE, CHART, values, f"--namespace={NAMESPACE}", version)
        return [manifest for manifest in yaml.safe_load_all(text) if manifest]

    def upgrade(self, kubeconfig: Path, values: Values) -> str:
        """Install the chart, or bring the release up to date, and wait for nothing."""
        words = ("--install", RELEASE, CHART, values, f"--namespace={NAMESPACE}", "--create-namespace")
        return self._run("upgrade", *words, f"--kubeconfig={kubeconfig}")

    def uninstall(self, kubeconfig: Path) -> str:
        """Take the release away."""
        return self._run("uninstall", RELEASE, f"--namespace={NAMESPACE}", f"--kubeconfig={kubeconfig}")

    def _run(self, *words: str | Path | Values) -> str:
        """Run Helm; values among the words go through its standard input."""
        values = next((word for word in words if isinstance(word, Mapping)), None)
        arguments = [word for word in words if isinstance(word, str | Path)]
        if values is None:
            return run(self._program, *arguments)
        return run(self._program, *arguments, "--values=-", stdin=json.dumps(values))


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Helm, built if need be; without a way to build it the test is skipped with the reason."""
    try:
        return Helm(module_program("helm"))
    except ClusterUnavailableError as reason:
        pytest.skip(str(reason))


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    """Return the manifests of some kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def named(manifests: list[Manifest], kind: str) -> list[str]:
    """Return the manifests of a kind as `namespace/name`."""
    found = (manifest["metadata"] for manifest in of_kind(manifests, kind))
    return [f"{metadata.get('namespace', '')}/{metadata['name']}" for metadata in found]
