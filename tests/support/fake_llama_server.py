"""A program that takes llama-server's arguments and answers its probe, for what the real one can't be made to do.

It prints its arguments. A model file that begins with `broken` makes it end at once, as a file that is no model does.
"""

import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/die":
            sys.exit(3)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def write_program(folder: Path) -> Path:
    """Put the program into a folder as `llama-server`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "llama-server"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P {__file__} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def main() -> None:
    """Serve until told to stop."""
    arguments = _options(sys.argv[1:])
    sys.stdout.write(f"{' '.join(sys.argv[1:])}\n")
    sys.stdout.flush()
    if Path(arguments["--model"]).read_bytes().startswith(b"GGUFbroken"):
        sys.exit("failed to load model")
    HTTPServer((arguments["--host"], int(arguments["--port"])), _Handler).serve_forever()


def _options(arguments: list[str]) -> Mapping[str, str]:
    return dict(pairwise(arguments))


if __name__ == "__main__":
    main()
