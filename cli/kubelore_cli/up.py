"""Runs a laptop until it is told to stop."""

import asyncio
import logging
import signal
from contextlib import closing, suppress
from pathlib import Path

from kubelore.embedding.cpu import usable_cores
from kubelore.settings import Settings
from kubelore.telemetry import configure_logging
from kubelore_cli.laptop.run import laptop_settings, run_laptop
from kubelore_cli.terminal.console import messages
from kubelore_cli.terminal.line_observer import LineObserver
from kubelore_cli.terminal.resource_lines import Line, Mood


def run_up(
    base: Settings, manifests: Path, *, state_dir: Path | None, host: str | None, port: int | None, workers: int
) -> None:
    """Run the manifests until Ctrl-C or SIGTERM, which end every part in order."""
    settings = laptop_settings(base, manifests, state_dir=state_dir, host=host, port=port)
    log_warnings(settings)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_up(settings, workers or usable_cores()))
    messages().print("stopped")


def log_warnings(settings: Settings) -> None:
    """Log what is wrong and no more, unless the user asked for another level: the terminal shows the rest."""
    asked_for = "log_level" in settings.model_fields_set
    configure_logging(settings if asked_for else settings.model_copy(update={"log_level": "WARNING"}))


def cancel_on_sigterm() -> None:
    """Have a SIGTERM end the running task as a Ctrl-C does."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _up(settings: Settings, workers: int) -> None:
    cancel_on_sigterm()
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with closing(LineObserver(messages())) as observer:
        await _run(settings, workers, observer)


async def _run(settings: Settings, workers: int, observer: LineObserver) -> None:
    observer.notice(f"manifests {settings.resources}, state {settings.state_dir}, {workers} workers at once")
    async with run_laptop(settings, workers, observer) as laptop:
        observer.show(
            Line(Mood.GOOD, f"gateway: {laptop.url} (kubelore ask, kubelore ingest; Ctrl-C stops everything)")
        )
        await laptop.until_a_part_fails()
