"""The operator as a process of its own, which can be killed at any moment and started again."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from support.processes import free_port, processor_seconds, resident_bytes, wait_until

_COMMAND = (sys.executable, "-c", "from kubelore_operator.app import main; main()")
_SAMPLE = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)
_SECONDS_TO_START = 300
_SECONDS_TO_STOP = 20


class OperatorProcess:
    """Runs for one namespace of an API server, or for all when `namespace` is None."""

    def __init__(self, kubeconfig: Path, log: Path, namespace: str | None, **settings: object) -> None:
        self._log = log
        self._ports = {"health": free_port(), "metrics": free_port()}
        self._env = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "KUBELORE_OPERATOR_WATCH_NAMESPACES": namespace or "",
            **{f"KUBELORE_OPERATOR_{name}_PORT": str(port) for name, port in _upper(self._ports).items()},
            **{f"KUBELORE_OPERATOR_{name}": str(value) for name, value in _upper(settings).items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it has listed everything."""
        self.start_without_waiting()
        wait_until(f"the operator has listed everything (see {self._log})", self._has_listed, _SECONDS_TO_START)

    def start_without_waiting(self) -> None:
        """Start it and return at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(_COMMAND, stdout=log, stderr=subprocess.STDOUT, env=self._env)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_SECONDS_TO_STOP)
            self._process = None

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Return its exit status once it has ended by itself."""
        assert self._process is not None
        status = self._process.wait(_SECONDS_TO_STOP)
        self._process = None
        return status

    def is_healthy(self) -> bool:
        """Say whether its liveness endpoint answers."""
        return self._get("health", "/healthz") is not None

    def resident_bytes(self) -> int:
        """Return how much memory it holds."""
        assert self._process is not None
        return resident_bytes(self._process.pid)

    def processor_seconds(self) -> float:
        """Return how much processor time it has used."""
        assert self._process is not None
        return processor_seconds(self._process.pid)

    def count(self, metric: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels."""
        wanted = {f'{name}="{value}"' for name, value in labels.items()}
        samples = _SAMPLE.findall(self._get("metrics", "/metrics") or "")
        return sum(float(value) for name, given, value in samples if name == metric and wanted <= set(given.split(",")))

    @property
    def log(self) -> str:
        """Everything that it logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def running(self) -> Iterator["OperatorProcess"]:
        """Run it for the time of the block."""
        self.start()
        try:
            yield self
        finally:
            self.kill()

    def _has_listed(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the operator ended: {self.log[-3000:]}"
        return self.is_healthy() and self.count("kubelore_operator_synced") == 1

    def _get(self, port: str, path: str) -> str | None:
        try:
            with urlopen(f"http://127.0.0.1:{self._ports[port]}{path}", timeout=5) as response:
                body: bytes = response.read()
        except OSError:
            return None
        return body.decode()


def _upper(settings: Mapping[str, object]) -> dict[str, object]:
    return {name.upper(): value for name, value in settings.items()}
