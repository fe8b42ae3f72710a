"""The limits that a child puts on itself before it reads a document."""

import math
import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK_SHARE = 0.5


def forbid_core_dumps() -> None:
    """Keep a crash from writing a document's contents to a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_processor_seconds(seconds: float) -> None:
    """Let the process use so many more seconds of processor time; past them the kernel ends it by SIGXCPU.

    The sandbox's own clock comes first; this one also stops a child whose sandbox is gone.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


class MemoryLimit:
    """Lets the process grow by so many bytes of address space over what it has now; Linux alone holds to it."""

    def __init__(self, growth: int) -> None:
        base = _address_space("VmSize")
        self._noticeable = None if base is None else base + growth * _PEAK_SHARE
        if base is not None:
            resource.setrlimit(resource.RLIMIT_AS, (base + growth, base + growth))

    def was_near(self) -> bool:
        """Whether the process ever came near its limit.

        Libraries in C report that memory is short as any kind of error, and give it back before one can look; half
        of the limit counts, since growing buffers double.
        """
        peak = _address_space("VmPeak")
        return peak is not None and self._noticeable is not None and peak >= self._noticeable


def _address_space(field: str) -> int | None:
    """Return a field of the process' status in bytes; None where the system has no such file."""
    if not _STATUS.exists():
        return None
    found = re.search(rf"^{field}:\s*(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else None
