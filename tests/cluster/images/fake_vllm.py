#!/usr/bin/env python3
"""Stands in for vLLM, which has no build for CPUs: takes its arguments, and answers with what it was told."""

import argparse
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SHARED_MEMORY_OF_ANY_CONTAINER = 64 << 20


def read_arguments() -> argparse.Namespace:
    """Read `vllm serve …`, in vLLM's own spelling alone."""
    parser = argparse.ArgumentParser(prog="vllm", allow_abbrev=False)
    serve = parser.add_subparsers(required=True).add_parser("serve", allow_abbrev=False)
    serve.add_argument("model", type=Path)
    serve.add_argument("--served-model-name", required=True)
    serve.add_argument("--host", required=True)
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--tensor-parallel-size", type=int, default=1)
    serve.add_argument("--max-model-len", type=int)
    serve.add_argument("--max-num-seqs", type=int)
    serve.add_argument("--runner", choices=("auto", "generate", "pooling", "draft"), default="auto")
    return parser.parse_args()


def what_it_sees(arguments: argparse.Namespace) -> dict[str, object]:
    """Describe the server that vLLM would be."""
    model: Path = arguments.model
    return {
        "files": sorted(path.relative_to(model).as_posix() for path in model.rglob("[!.]*") if path.is_file()),
        "name": arguments.served_model_name,
        "devices": arguments.tensor_parallel_size,
        "context": arguments.max_model_len,
        "requests": arguments.max_num_seqs,
        "runner": arguments.runner,
        "key": os.environ.get("VLLM_API_KEY", ""),
        "shares_memory": shared_memory() > SHARED_MEMORY_OF_ANY_CONTAINER,
        "writes_home": os.access(os.environ["HOME"], os.W_OK),
    }


def shared_memory() -> int:
    """Return how many bytes processes may share."""
    found = os.statvfs("/dev/shm")  # noqa: S108 - where vLLM's processes talk
    return found.f_blocks * found.f_frsize


def main() -> None:
    """Serve `/health`, and chat completions whose answer is what the server sees."""
    arguments = read_arguments()
    json.loads((arguments.model / "config.json").read_text())
    content = json.dumps(what_it_sees(arguments))
    answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(b"" if self.path == "/health" else None)

        def do_POST(self) -> None:
            self._say(answer if self.path == "/v1/chat/completions" else None)

        def _say(self, body: bytes | None) -> None:
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    ThreadingHTTPServer((arguments.host, arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
