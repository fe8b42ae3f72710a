"""Patches a shard's progress into the status of what it works for, with the pod's service account."""

import json
import logging
import os
from pathlib import Path

import urllib3

from kubelore.documents.result import ShardProgress
from kubelore.jobs.spec import JobSpec
from kubelore.resources.base import GROUP, VERSION

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOST_VARIABLE = "KUBERNETES_SERVICE_HOST"
_PORT_VARIABLE = "KUBERNETES_SERVICE_PORT_HTTPS"
_SECONDS_TO_ANSWER = 3.0
_FIRST_REFUSAL = 300

_log = logging.getLogger(__name__)


class ClusterSink:
    """Sends progress to the API server; a report that does not arrive is logged, and the next one makes up for it."""

    def __init__(self, address: str, account: Path, spec: JobSpec, shard: int) -> None:
        self._url = f"{address}/apis/{GROUP}/{VERSION}/namespaces/{spec.namespace}/{_resource(spec)}/status"
        self._spec = spec
        self._token = account / "token"
        self._shard = shard
        self._http = urllib3.PoolManager(
            ca_certs=str(account / "ca.crt"), timeout=urllib3.Timeout(_SECONDS_TO_ANSWER), retries=False
        )

    @classmethod
    def of_this_pod(cls, spec: JobSpec, shard: int) -> "ClusterSink | None":
        """Return the sink of the cluster that this process runs in, or None outside of one."""
        host = os.environ.get(_HOST_VARIABLE)
        if host is None or not (_ACCOUNT / "token").is_file():
            return None
        port = os.environ.get(_PORT_VARIABLE, "443")
        address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        return cls(address, _ACCOUNT, spec, shard)

    def send(self, progress: ShardProgress) -> None:
        """Patch this shard's entry of `status.shards`; the account may patch statuses, and nothing else."""
        try:
            response = self._http.request("PATCH", self._url, body=self._patch(progress), headers=self._headers())
        except (urllib3.exceptions.HTTPError, OSError) as error:
            _log.warning("progress did not reach the API server", extra={"cause": type(error).__name__})
            return
        if response.status >= _FIRST_REFUSAL:
            _log.warning("the API server refused progress", extra={"status": response.status})

    def _patch(self, progress: ShardProgress) -> bytes:
        """A knowledge base has its shards by the generation that they fill."""
        shards = {str(self._shard): json.loads(progress.to_json())}
        if self._spec.task is None:
            shards = {str(self._spec.generation): shards}
        return json.dumps({"status": {"shards": shards}}).encode()

    def _headers(self) -> dict[str, str]:
        """The token is read each time: the kubelet renews it."""
        token = self._token.read_text(encoding="utf-8").strip()
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"}


def _resource(spec: JobSpec) -> str:
    return f"ingesttasks/{spec.task.name}" if spec.task is not None else f"knowledgebases/{spec.knowledge_base}"
