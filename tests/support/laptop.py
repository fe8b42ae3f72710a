"""`kubelore up` and the other commands as real processes, over folders of a test's own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubelore.objectstore.folder import FolderStore
from support.processes import wait_until

KUBELORE = Path(sys.executable).with_name("kubelore")
_GATEWAY = re.compile(r"gateway: (http://\S+)")
_SECONDS_TO_START = 300.0
_SECONDS_TO_STOP = 30.0


def environment(**variables: str) -> dict[str, str]:
    """Return this process' environment without its settings of Kubelore, and with these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KUBELORE_")}
    return {**clean, **variables}


def run_kubelore(*arguments: str | Path, seconds: float = 300, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [KUBELORE, *map(str, arguments)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Laptop:
    """A folder of manifests, a state folder, and `kubelore up` over them, on a port that it chooses.

    `variables` come on top of this process' environment.
    """

    def __init__(self, root: Path) -> None:
        self.variables: dict[str, str] = {}
        self.manifests = root / "manifests"
        self.state = root / "state"
        self.log = root / "up.log"
        self.manifests.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def objects(self) -> FolderStore:
        """Its object store."""
        return FolderStore(self.state / "objects")

    @property
    def url(self) -> str:
        """Where its gateway listens."""
        match = _GATEWAY.search(self.text)
        assert match is not None, self.text
        return match[1]

    @property
    def text(self) -> str:
        """What the present run has printed."""
        return self.log.read_text(encoding="utf-8") if self.log.is_file() else ""

    @property
    def pid(self) -> int:
        """The id of the present run."""
        assert self._process is not None
        return self._process.pid

    def write(self, name: str, *documents: str) -> None:
        """Write a manifest file."""
        (self.manifests / f"{name}.yaml").write_text("---\n".join(documents), encoding="utf-8")

    def start(self, *arguments: str) -> None:
        """Start it, and return when its gateway serves."""
        self.launch(*arguments)
        self.until_it_says("gateway: http", _SECONDS_TO_START)

    def launch(self, *arguments: str) -> None:
        """Start it, and return at once."""
        command = [KUBELORE, "up", "-f", self.manifests, "--state-dir", self.state, "--port", "0", *arguments]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env=environment(PYTHONUNBUFFERED="1", **self.variables),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Laptop"]:
        """Run it for the time of the block."""
        self.start(*arguments)
        try:
            yield self
        finally:
            self.kill()

    def until_it_says(self, text: str, seconds: float = 60.0) -> None:
        """Wait for a text of the present run."""

        def said() -> bool:
            assert self._process is not None
            assert text in self.text or self._process.poll() is None, f"it ended:\n{self.text}"
            return text in self.text

        try:
            wait_until(f"it says {text!r}", said, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from error

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, and return its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(_SECONDS_TO_STOP)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for its own end, and return its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End it at once, as SIGKILL does; nothing where it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(_SECONDS_TO_STOP)


def descendants(pid: int) -> set[int]:
    """Return the ids of a process' children, and theirs (Linux)."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in map(int, (task / "children").read_text().split()):
            found |= {child} | descendants(child)
    return found


def is_alive(pid: int) -> bool:
    """Say whether a process runs (Linux)."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
