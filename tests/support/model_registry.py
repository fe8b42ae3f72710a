"""A registry of Ollama models that sends everyone on to where the files lie, as the public one does.

It takes the standard library alone, so that a pod can be one: `python3 model_registry.py PORT FILES_URL`.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_API = "/v2/"
_MODEL_LAYER = "application/vnd.ollama.image.model"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def registry_files(repository: str, tag: str, gguf: bytes, family: str) -> dict[str, bytes]:
    """Return what a registry holds of a model, by the paths below FILES_URL; `repository` is such as library/minilm."""
    config = json.dumps({"model_format": "gguf", "model_family": family, "model_families": [family]}).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _layer(_CONFIG, config),
        "layers": [_layer(_MODEL_LAYER, gguf)],
    }
    blobs = {f"{repository}/blobs/{_digest(content)}": content for content in (config, gguf)}
    return {f"{repository}/manifests/{tag}": json.dumps(manifest).encode(), **blobs}


def _layer(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def registry_server(host: str, port: int, files_url: str) -> ThreadingHTTPServer:
    """Return a registry that does not serve yet; port 0 is a free one."""

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(307)
            self.send_header("Location", f"{files_url}/{self.path.removeprefix(_API)}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET()

    return ThreadingHTTPServer((host, port), Redirecting)


if __name__ == "__main__":
    registry_server("0.0.0.0", int(sys.argv[1]), sys.argv[2]).serve_forever()  # noqa: S104 - in a pod of its own
