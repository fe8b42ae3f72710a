"""Counts the processor cores that this process may really use."""

import math
import os
from pathlib import Path

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cpu_max: Path = _CPU_MAX) -> int:
    """Return the cores that affinity and the container's CPU limit leave, at least 1.

    More threads than that share the same time slices and are throttled together. `cpu_max` is the control group's
    `cpu.max` file: `<quota> <period>` in microseconds, or `max <period>` without a limit (Linux, cgroup v2).
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _limit(cpu_max)))


def _limit(cpu_max: Path) -> int:
    if not cpu_max.is_file():
        return os.cpu_count() or 1
    quota, period = cpu_max.read_text(encoding="ascii").split()
    return os.cpu_count() or 1 if quota == "max" else math.ceil(int(quota) / int(period))
