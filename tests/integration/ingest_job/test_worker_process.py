import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kubelore.documents.result import Stage
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Chunking
from support.processes import wait_until
from support.worker import Workshop, assert_exact, one_object, prefix, read_message

WORKER = str(Path(sys.executable).with_name("kubelore-ingest"))


def run_worker(folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("KUBELORE_")}
    told = {"KUBELORE_STATE_DIR": str(folder), "KUBELORE_TERMINATION_FILE": str(folder / "termination.json")}
    return subprocess.run([WORKER], env=base | told | environment, capture_output=True, check=False, timeout=120)


def test_a_worker_process_does_its_work_and_says_so(workshop: Workshop) -> None:
    workshop.objects().put("in/page.md", b"# Page\n\nText.\n")

    worker = workshop.start(workshop.spec(JobOperation.UPSERT, prefix("in/")))
    end = worker.wait()

    assert end.exit_code == 0, end.log
    assert end.message.documents.succeeded == 1
    assert worker.progress.stage is Stage.VECTORIZING
    assert (worker.progress.documents, worker.progress.chunks) == (end.message.documents, end.message.chunks)
    assert end.log == ""


def test_a_worker_process_that_meets_a_bad_document_exits_with_42(workshop: Workshop) -> None:
    workshop.objects().put("in/page.md", b"")

    end = workshop.start(workshop.spec(JobOperation.UPSERT, one_object("in/page.md"))).wait()

    assert end.exit_code == 42, end.log


@pytest.mark.slow
def test_a_worker_that_is_asked_to_end_finishes_what_it_began_and_leaves_the_rest_to_the_next(
    workshop: Workshop,
) -> None:
    count = 200  # As many as are planned for one shard.
    for index in range(count):
        page = f"# Page {index}\n\n" + "".join(f"Sentence {line} of page {index}. " for line in range(20))
        workshop.objects().put(f"in/{index}.md", page.encode())
    spec = workshop.spec(JobOperation.UPSERT, prefix("in/"), chunking=Chunking(size=16, overlap=0))
    worker = workshop.start(spec)
    wait_until("documents are done", lambda: worker.progress.documents.succeeded > 0 or worker.has_ended, 120)

    worker.process.send_signal(signal.SIGTERM)
    stopped = worker.wait()

    assert stopped.exit_code == 1, stopped.log
    assert 0 < stopped.message.documents.succeeded < count
    assert stopped.message.failures[0].code is ErrorCode.CANCELLED
    assert workshop.manifest("uid-1").documents == stopped.message.documents
    assert_exact(workshop, stopped.message.documents.succeeded, "uid-1")

    end = workshop.run(spec)
    assert end.exit_code == 0
    assert end.message.documents.succeeded == count
    assert_exact(workshop, count, "uid-1")


@pytest.mark.parametrize(
    "environment",
    [{}, {"KUBELORE_JOB": "{"}, {"KUBELORE_JOB": '{"operation": "explode"}'}, {"KUBELORE_OBJECT_STORE": "ftp://x/y"}],
)
def test_a_worker_that_is_told_nonsense_says_what_is_wrong(tmp_path: Path, environment: dict[str, str]) -> None:
    end = run_worker(tmp_path, **environment)

    assert end.returncode == 1
    failure = read_message(tmp_path).failures[0]
    assert failure.code is ErrorCode.SETTINGS_INVALID
    assert "KUBELORE_" in failure.message


def test_a_worker_without_a_place_for_its_message_still_exits_by_its_code(tmp_path: Path) -> None:
    end = run_worker(tmp_path, KUBELORE_TERMINATION_FILE=str(tmp_path / "nowhere" / "message"))

    assert end.returncode == 1
    assert b"termination message" in end.stderr


def test_a_job_of_an_upsert_without_a_source_is_refused(workshop: Workshop) -> None:
    end = workshop.run(workshop.spec(JobOperation.UPSERT))

    assert end.exit_code == 1
    assert end.message.failures[0].code is ErrorCode.SETTINGS_INVALID
    assert json.loads(end.message.to_json())["failures"][0]["message"].startswith("IngestTask task in team-a")
