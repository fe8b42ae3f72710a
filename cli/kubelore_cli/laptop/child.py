"""Starts, watches and stops child processes."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_TETHER = "kubelore_cli.laptop.tether"
_PROGRAM = "kubelore_cli.laptop.program"
_SECONDS_TO_STOP = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """What runs in a process group of its own, out of reach of the terminal's Ctrl-C, and dies with us."""

    process: Process
    log: Path

    async def wait(self) -> int:
        """Wait for its end, and return the exit code; negative: the signal that ended it."""
        return await self.process.wait()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    async def stop(self, *, gently: signal.Signals, seconds: float) -> None:
        """Ask it to end, and kill it with its own children after so many seconds."""
        if not self.is_running:
            return
        self.process.send_signal(gently)
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    def last_words(self, lines: int = 3) -> str:
        """Return the end of its log in one line."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""
        return " / ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())


async def start_module(module: str, *arguments: str, environment: Mapping[str, str], log: Path) -> Child:
    """Start `python -m module arguments`, with everything that it prints in a log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _TETHER,
            module,
            *arguments,
            stdin=PIPE,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )
    return Child(process, log)


@asynccontextmanager
async def running_module(
    module: str, *arguments: str, environment: Mapping[str, str], log: Path
) -> AsyncIterator[Child]:
    """Run a module for as long as the context lasts, with everything that it prints in a log file."""
    child = await start_module(module, *arguments, environment=environment, log=log)
    try:
        yield child
    finally:
        await child.stop(gently=signal.SIGTERM, seconds=_SECONDS_TO_STOP)


def running_program(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path
) -> AbstractAsyncContextManager[Child]:
    """Run a program as `running_module` runs a module."""
    return running_module(_PROGRAM, *command, environment=environment, log=log)
