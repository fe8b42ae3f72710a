"""Shows how much of a model has been fetched: a bar on a terminal, now and then a line elsewhere."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from kubelore.clock import Deadline
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.llm_server import LLMServer

_SECONDS_BETWEEN_LINES = 3.0


class ModelBars:
    """One bar for each model that is on its way, below whatever else the console shows."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._bars: dict[ResourceKey, TaskID] = {}
        self._quiet: dict[ResourceKey, Deadline] = {}

    def show(self, server: LLMServer) -> None:
        """Take how far a server's model is; one that is not on its way loses its bar."""
        if not is_fetching(server):
            self._remove(server.key)
        elif self._console.is_terminal:
            self._update(server)
        else:
            self._print(server)

    def close(self) -> None:
        """Give the terminal back."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _update(self, server: LLMServer) -> None:
        progress = self._progress = self._progress or _started(self._console)
        if server.key not in self._bars:
            self._bars[server.key] = progress.add_task(_title(server), total=None)
        model = server.status.model
        progress.update(self._bars[server.key], completed=model.bytes_done or 0, total=model.bytes_total)

    def _remove(self, key: ResourceKey) -> None:
        bar = self._bars.pop(key, None)
        if self._progress is not None and bar is not None:
            self._progress.remove_task(bar)
        if not self._bars:
            self.close()

    def _print(self, server: LLMServer) -> None:
        if not self._quiet.setdefault(server.key, Deadline(0)).passed:
            return
        self._quiet[server.key] = Deadline(_SECONDS_BETWEEN_LINES)
        self._console.print(f"… {_title(server)}, {server.status.model.progress}")


def is_fetching(server: LLMServer) -> bool:
    """Say whether a server's model is on its way, and how far it is is known."""
    ready = server.status.condition(ConditionType.READY)
    return ready is not None and ready.reason == Reason.MODEL_FETCHING and server.status.model.bytes_done is not None


def _title(server: LLMServer) -> str:
    return f"LLMServer {server.metadata.name}: fetching {server.spec.model.name}"


def _started(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console)
    progress.start()
    return progress
