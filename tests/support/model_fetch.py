"""Model fetches for tests, in this process or one of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubelore.jobs.model_fetch import FetchEnd, ModelOrder
from kubelore.resources.llm_server import ModelSource
from kubelore.settings import Settings
from kubelore_ingest.model_fetch.completion import CompleteModel
from kubelore_ingest.model_fetch.fetch import fetch_model
from kubelore_ingest.model_fetch.limits import Limits
from kubelore_ingest.model_fetch.origins.hugging_face import Hub
from kubelore_ingest.model_fetch.resolve import Access

SEGMENT_BYTES = 1 << 18
QUICK = Limits(segment_bytes=SEGMENT_BYTES, patience_seconds=2, silence_seconds=5, seconds_between_checkpoints=0.05)
_PROGRAM = str(Path(sys.executable).with_name("kubelore-model-fetch"))


def order(target: Path, sha256: str | None = None, **source: Any) -> ModelOrder:
    """Ask for a model, by its source's manifest."""
    return ModelOrder(source=ModelSource.model_validate(source), sha256=sha256, target=str(target))


def fetch(wanted: ModelOrder, hub: Hub | None = None, limits: Limits = QUICK) -> CompleteModel:
    """Fetch in this process."""
    return fetch_model(wanted, Access(Settings(), hub or Hub()), limits)


@dataclass(frozen=True, slots=True)
class FetchProcess:
    """A fetch in a process of its own."""

    process: subprocess.Popen[str]
    termination: Path

    def end(self) -> tuple[int, FetchEnd, list[dict[str, Any]], str]:
        """Wait for its end: exit code, termination message, lines of progress, log."""
        output, log = self.process.communicate(timeout=120)
        message = FetchEnd.model_validate_json(self.termination.read_bytes()) if self.termination.exists() else None
        return self.process.returncode, message or FetchEnd(), [json.loads(line) for line in output.splitlines()], log

    def kill(self) -> None:
        """End it at once, as SIGKILL does."""
        self.process.kill()
        self.process.communicate(timeout=60)


def start_fetch(wanted: ModelOrder | str, folder: Path, **environment: str) -> FetchProcess:
    """Start `kubelore-model-fetch` as a pod does."""
    text = wanted if isinstance(wanted, str) else wanted.to_json()
    termination = folder / f"termination-{len(list(folder.glob('termination-*')))}.json"
    termination.write_text("{}", encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KUBELORE_", "HF_"))}
    told = {"KUBELORE_MODEL": text, "KUBELORE_TERMINATION_FILE": str(termination)}
    process = subprocess.Popen(
        [_PROGRAM], env=clean | told | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return FetchProcess(process, termination)
