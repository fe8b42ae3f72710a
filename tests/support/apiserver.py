"""A real API server with Kubelore's CRDs: it stores, defaults and judges objects, and nothing acts on them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from kubernetes import client, config

from kubelore.resources.base import API_VERSION
from kubelore.resources.crd.files import write_crds
from kubelore.resources.kinds import KINDS
from testcluster.apiserver import ApiServer, running_apiserver
from testcluster.errors import ClusterUnavailableError

Manifest = Mapping[str, Any]

_PLURALS = {model.info.kind: model.info.plural for model in KINDS}
_DEFAULT_NAMESPACE = "default"
_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"


class RefusedError(Exception):
    """The API server's refusal, in its own words."""


@dataclass(frozen=True, slots=True)
class ResourceApi:
    """Kubelore's resources on the server, sent as `kubectl --validate=strict` sends them.

    Every method raises RefusedError; an object is told by its manifest's kind, namespace and name.
    """

    server: ApiServer
    connection: client.ApiClient

    @property
    def kubeconfig(self) -> Path:
        """The way to the server for any other client, with an administrator's rights."""
        return self.server.kubeconfig

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return what it printed; raises ClusterError."""
        return self.server.kubectl(*arguments, stdin=stdin)

    def create_namespace(self, name: str) -> None:
        """Create a namespace."""
        self.kubectl("create", "namespace", name)

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Create an object and return it as it is stored."""
        return self._send("POST", _collection(manifest), manifest, **({"dryRun": "All"} if dry_run else {}))

    def replace(self, manifest: Manifest) -> dict[str, Any]:
        """Replace an object that was read before, and return it as it is stored."""
        return self._send("PUT", _object(manifest), manifest)

    def patch(self, manifest: Manifest, change: Manifest) -> dict[str, Any]:
        """Merge a change into an object, and return it as it is stored."""
        return self._send("PATCH", _object(manifest), change)

    def patch_status(self, manifest: Manifest, change: Manifest) -> dict[str, Any]:
        """Merge a change into an object through its status subresource, and return it as it is stored."""
        return self._send("PATCH", f"{_object(manifest)}/status", change)

    def get(self, manifest: Manifest) -> dict[str, Any]:
        """Read an object."""
        return self._send("GET", _object(manifest))

    def delete(self, manifest: Manifest) -> None:
        """Delete an object."""
        self._send("DELETE", _object(manifest))

    def _send(self, method: str, path: str, body: Manifest | None = None, **query: str) -> dict[str, Any]:
        validation = {"fieldValidation": "Strict"} if body is not None else {}
        url = f"{self.server.url}{path}?{urlencode(query | validation)}"
        headers = {"Accept": _JSON, "Content-Type": _MERGE_PATCH if method == "PATCH" else _JSON}
        response = self.connection.call_api(method, url, headers, body)
        answer: dict[str, Any] = json.loads(response.read())
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(answer["message"])
        return answer


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResourceApi]:
    """One API server for the whole run; tests keep apart by the names of their objects or namespaces."""
    with running_resource_api(tmp_path_factory.mktemp("crds")) as api:
        yield api


@contextmanager
def running_resource_api(crds: Path) -> Iterator[ResourceApi]:
    """Run an API server with the CRDs, which are written to this empty folder; skip the test where none can run."""
    write_crds(crds)
    try:
        with running_apiserver() as server:
            server.kubectl("create", "-f", str(crds))
            server.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
            connection = config.new_client_from_config(str(server.kubeconfig))
            yield ResourceApi(server, connection)
    except ClusterUnavailableError as reason:
        pytest.skip(str(reason))


def _collection(manifest: Manifest) -> str:
    namespace = manifest["metadata"].get("namespace", _DEFAULT_NAMESPACE)
    return f"/apis/{API_VERSION}/namespaces/{namespace}/{_PLURALS[manifest['kind']]}"


def _object(manifest: Manifest) -> str:
    return f"{_collection(manifest)}/{manifest['metadata']['name']}"
