"""Start servers for tests on free loopback ports, wait until they answer, and end them by their id."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.05
_SECONDS_TO_END = 10.0


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return once the condition holds; fail naming `what` when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def processor_seconds(process_id: int) -> float:
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process_id: int) -> int:
    """Return how much memory a process holds."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def is_listening(port: int) -> bool:
    """Say whether something on loopback takes connections on this port."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


class ServerProcess:
    """A server that can be stopped, killed and started again on the same port with the same data."""

    def __init__(self, command: Sequence[str], port: int, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT, env=self._env)
        wait_until(f"{self._command[0]} listens on {self.port} (see {self._log})", self._is_up, 180)

    def kill(self) -> None:
        """End it at once, as SIGKILL does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_SECONDS_TO_END)
            self._process = None

    @contextmanager
    def running(self) -> Iterator["ServerProcess"]:
        """Run it for the time of the block."""
        self.start()
        try:
            yield self
        finally:
            self.kill()

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (
            f"{self._command[0]} ended: {self._log.read_text(errors='replace')[-2000:]}"
        )
        return is_listening(self.port)


def live_children() -> set[str]:
    """Return the ids of this process' children (Linux); servers that other tests share may be among them."""
    tasks = Path("/proc/self/task")
    return {child for task in tasks.iterdir() for child in (task / "children").read_text().split()}
