import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import wait_until

PARENT = """
import asyncio, os, sys
from pathlib import Path
from kubelore_cli.laptop.child import start_module

async def main():
    child = await start_module(sys.argv[1], *sys.argv[2:], environment=os.environ, log=Path(os.environ["LOG"]))
    print(child.process.pid, flush=True)
    print(await child.wait(), flush=True)

asyncio.run(main())
"""

GRANDPARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


class Parent:
    """A process that runs a module as its child."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        self.log = folder / "child.log"
        environment = {**os.environ, "LOG": str(self.log), "PYTHONPATH": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, module, *arguments], stdout=subprocess.PIPE, env=environment, text=True
        )
        assert self.process.stdout is not None
        self.child = int(self.process.stdout.readline())

    def end(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.read())


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder that modules can be put into."""
    (tmp_path / "forever.py").write_text("import threading; print('running', flush=True); threading.Event().wait()")
    (tmp_path / "with_child.py").write_text(GRANDPARENT)
    (tmp_path / "arguments.py").write_text("import sys; print(__name__, sys.argv[1:]); sys.exit(7)")
    return tmp_path


def test_a_module_runs_as_python_would_run_it(module: Path) -> None:
    parent = Parent(module, "arguments", "one", "--two")

    assert parent.end() == 7
    assert parent.log.read_text() == "__main__ ['one', '--two']\n"


def test_a_child_dies_when_its_parent_is_killed(module: Path) -> None:
    parent = Parent(module, "forever")
    assert is_alive(parent.child)

    parent.process.kill()

    wait_until("the child is gone", lambda: not is_alive(parent.child))


def test_a_childs_own_children_go_with_it(module: Path) -> None:
    parent = Parent(module, "with_child")
    wait_until("the grandchild runs", lambda: parent.log.is_file() and parent.log.read_text().strip().isdigit())
    grandchild = int(parent.log.read_text())

    parent.process.kill()

    wait_until("the grandchild is gone", lambda: not is_alive(grandchild))


def test_the_terminals_interrupt_does_not_reach_a_child(module: Path) -> None:
    parent = Parent(module, "forever")

    assert os.getpgid(parent.child) == parent.child != os.getpgid(parent.process.pid)

    wait_until("the module runs", lambda: "running" in parent.log.read_text())
    os.kill(parent.child, signal.SIGINT)
    assert parent.end() != 0
