"""Runs servers of the benchmark, each on a core of its choice."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.processes import is_listening, processor_seconds, resident_bytes, wait_until

SERVER_CORE, LOAD_CORE = 0, 1
"""What is measured has a core to itself; the model and whoever asks share the other one."""

_SECONDS_TO_START = 300


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: int

    @property
    def resident_bytes(self) -> int:
        """The memory that it takes."""
        return resident_bytes(self.process)

    @property
    def processor_seconds(self) -> float:
        """The time that it has computed: on a machine that others use as well, it says more than the clock."""
        return processor_seconds(self.process)


@contextmanager
def asking_from_its_core() -> Iterator[None]:
    """Keep this process on the core of those who ask."""
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


def on_core(core: int, command: Sequence[str]) -> list[str]:
    """Return the command as it is run on one core."""
    return ["taskset", "--cpu-list", str(core), *command]


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, core: int = SERVER_CORE, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server for the time of the block, from when it takes connections."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            on_core(core, command), stdout=output, stderr=output, env={**os.environ, **(env or {})}
        ) as process,
    ):
        try:
            wait_until(f"{command[0]} serves (see {log})", lambda: _is_up(process, port, log), _SECONDS_TO_START)
            yield Server(port, process.pid)
        finally:
            process.kill()


def _is_up(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(log.read_text(errors="replace")[-2000:])
    return is_listening(port)
