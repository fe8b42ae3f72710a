"""Measures what a process takes, with the processes that it starts (Linux)."""

import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.01
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds from start to end, those of processors, and the bytes that each process held at most, summed up."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


def cost_of(start: Callable[[], subprocess.Popen[bytes]]) -> Cost:
    """Start a process and see it to its end; raises RuntimeError where it fails."""
    peaks: dict[int, int] = {}
    began, used = time.perf_counter(), processor_seconds_of_children()
    process = start()
    while process.poll() is None:
        # A child shows its parent's memory until it runs its own program: what was seen last counts.
        peaks |= {pid: peak for pid in _family(process.pid) if (peak := _peak_bytes(pid))}
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return Cost(seconds, processor_seconds_of_children() - used, sum(peaks.values()))


def processor_seconds_of_children() -> float:
    """Return what processes took that this one started, and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
