"""Lays the text of an inline or ConfigMap source down as a file, as a volume does in a pod."""

from pathlib import Path

from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.keyed_data import CONFIG_MAP
from kubelore.resources.manifests import Manifests
from kubelore_operator.reconcile.findings import Finding

_FILE = "document"


def mount_source(task: IngestTask, manifests: Manifests, folder: Path) -> Path | Finding | None:
    """Return the file's path, None for a source that needs none, or what the task waits for."""
    source = task.spec.source
    if source.inline is not None:
        return _write(folder, source.inline.text.encode())
    if source.config_map is None:
        return None
    name, key = source.config_map.name, source.config_map.key
    content = manifests.value(CONFIG_MAP, task.metadata.namespace, name, key)
    if content is None:
        message = f"the manifests hold no ConfigMap {name} with the key {key}; the task starts when they do"
        return Finding(ConditionType.SUCCEEDED, status=None, reason=Reason.NOT_FINISHED, message=message)
    return _write(folder, content)


def _write(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE
    path.write_bytes(content)
    return path
