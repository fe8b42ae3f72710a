"""Shows what happens as plain lines, one for each thing that is new."""

from rich.console import Console
from rich.text import Text

from kubelore.clock import Deadline
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import AnyResource
from kubelore_cli.terminal.model_bars import ModelBars, is_fetching
from kubelore_cli.terminal.resource_lines import Line, Mood, line_of

_SECONDS_BEFORE_PROGRESS = 5.0
"""A task that ends sooner needs no line but its last."""

_SECONDS_BETWEEN_PROGRESS = 3.0
_AT_WORK = frozenset({TaskPhase.PROCESSING, TaskPhase.VECTORIZING})
_MOST_FAILURES = 10


class LineObserver:
    """Never says the same twice, nor how far a task is more often than every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[ResourceKey, Line] = {}
        self._quiet: dict[ResourceKey, Deadline] = {}
        self._model_bars = ModelBars(console)

    def changed(self, resource: AnyResource) -> None:
        """Show a resource's state, if it reads otherwise than before."""
        if isinstance(resource, LLMServer):
            self._model_bars.show(resource)
            if is_fetching(resource):
                return
        line = line_of(resource)
        if line is None or self._said.get(resource.key) == line or self._is_too_early(resource):
            return
        self._said[resource.key] = line
        self.show(line)
        if isinstance(resource, IngestTask) and resource.status.phase.is_final:
            self._show_failures(resource, line)

    def notice(self, text: str) -> None:
        """Show a line about the whole."""
        self.show(Line(Mood.BUSY, text))

    def show(self, line: Line) -> None:
        """Print a line with its mark."""
        self._console.print(Text.assemble((line.mood.mark, line.mood.style), " ", line.text))

    def close(self) -> None:
        """Give the terminal back."""
        self._model_bars.close()

    def _is_too_early(self, resource: AnyResource) -> bool:
        if not isinstance(resource, IngestTask) or resource.status.phase not in _AT_WORK:
            return False
        quiet = self._quiet.setdefault(resource.key, Deadline(_SECONDS_BEFORE_PROGRESS))
        if not quiet.passed:
            return True
        self._quiet[resource.key] = Deadline(_SECONDS_BETWEEN_PROGRESS)
        return False

    def _show_failures(self, task: IngestTask, line: Line) -> None:
        """Show what the task's own line doesn't say yet."""
        for failure in task.status.failures[:_MOST_FAILURES]:
            if failure.message in line.text:
                continue
            self._console.print(Text.assemble(("  ✗ ", "red"), failure.message))
        left = task.status.documents.failed - _MOST_FAILURES
        if left > 0:
            self._console.print(f"  and {left} more: /task-status or results/{task.metadata.uid} names them")
