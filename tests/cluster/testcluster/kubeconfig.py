"""The file that a client finds a cluster by."""

import base64
import json
from pathlib import Path

from testcluster.pki import Authority, Certificate


def write_kubeconfig(path: Path, server: str, authority: Authority, user: Certificate) -> Path:
    """Write a kubeconfig that holds all it needs; JSON, which is YAML too."""
    cluster = {"server": server, "certificate-authority-data": _encoded(authority.root.certificate)}
    credentials = {
        "client-certificate-data": _encoded(user.certificate),
        "client-key-data": _encoded(user.key),
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": credentials}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2))
    return path


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
