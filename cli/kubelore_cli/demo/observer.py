"""Shows the demo's work: a bar for the documents, lines for everything else."""

from rich.console import Console

from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.manifests import AnyResource
from kubelore_cli.terminal.document_bar import ShowDone
from kubelore_cli.terminal.line_observer import LineObserver


class DemoObserver(LineObserver):
    """As `kubelore up` shows it, but for the progress of a task."""

    def __init__(self, console: Console, show_done: ShowDone) -> None:
        super().__init__(console)
        self._show_done = show_done

    def changed(self, resource: AnyResource) -> None:
        """Move the bar at a task's progress."""
        if isinstance(resource, IngestTask) and resource.status.documents.total > 0:
            self._show_done(resource.status.documents.done, resource.status.documents.total)
        if not isinstance(resource, IngestTask) or resource.status.phase.is_final:
            super().changed(resource)
