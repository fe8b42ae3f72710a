"""Measures what a process takes, with the processes that it starts (Linux)."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.01
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds from the start to the end, and the bytes that the processes held at most, each for itself, summed up."""

    seconds: float
    peak_bytes: int


def cost_of(start: Callable[[], subprocess.Popen[bytes]]) -> Cost:
    """Start a process and see it to its end; raises RuntimeError where it fails."""
    peaks: dict[int, int] = {}
    began = time.perf_counter()
    process = start()
    while process.poll() is None:
        # A child shows its parent's memory until it runs its own program: what was seen last counts.
        peaks |= {pid: peak for pid in _family(process.pid) if (peak := _peak_bytes(pid))}
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return Cost(seconds, sum(peaks.values()))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for file in (_PROC / str(pid) / "task").glob("*/children"):
        for child in _read(file).split():
            yield from _family(int(child))


def _peak_bytes(pid: int) -> int:
    """Return 0 for a process that ended."""
    lines = _read(_PROC / str(pid) / "status").splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
