"""Run programs to their end."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from testcluster.errors import ClusterError

_LINES_OF_OUTPUT_TOLD = 20


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a command and return its standard output.

    `env` is added to this process's environment. Raises ClusterError with the end of the command's output if it fails.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, env={**os.environ, **(env or {})}, input=stdin, cwd=cwd, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as missing:
        raise ClusterError(f"{words[0]}: not found on this machine; install it or put it on PATH") from missing
    if done.returncode != 0:
        last_lines = "\n".join((done.stdout + done.stderr).splitlines()[-_LINES_OF_OUTPUT_TOLD:])
        raise ClusterError(f"`{' '.join(words)}` ended with {done.returncode}:\n{last_lines}")
    return done.stdout


def succeeds(*command: str | Path) -> bool:
    """Tell whether a command runs and ends with 0."""
    try:
        run(*command)
    except ClusterError:
        return False
    return True
