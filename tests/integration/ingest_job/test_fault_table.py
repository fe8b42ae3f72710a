"""Every fault at every stage of a worker ends, after the next attempt, in exactly the expected rows and records."""

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kubelore.documents.record import DocumentState
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, JobSpec
from kubelore.resources.knowledge_base import Chunking
from support.embedder import running_embedder
from support.faulty_worker import FAULT_VARIABLE, FAULTS, MARK_VARIABLE, STAGE_VARIABLE, STAGES
from support.minio import MinioServer
from support.worker import WorkerEnd, Workshop, assert_exact, prefix

pytestmark = pytest.mark.slow

DOCUMENTS = 3
CHUNKING = Chunking(size=16, overlap=0)
TESTS = Path(__file__).parents[2]


class Table:
    """One knowledge base whose documents have new contents in each cell: each worker replaces what is there."""

    def __init__(self, workshop: Workshop, embedder: str) -> None:
        self.workshop = workshop
        self._embedding = EmbedderConfig(backend="openai", base_url=embedder)
        self._cells = 0

    def next_cell(self) -> JobSpec:
        """Give every document another content, the later ones a shorter one, and return the task that brings it in."""
        self._cells += 1
        for index in range(DOCUMENTS):
            sentences = 12 - index if self._cells % 2 else 6 + index
            text = "".join(f"Sentence {line} of page {index} in cell {self._cells}. " for line in range(sentences))
            self.workshop.objects().put(f"in/{index}.md", f"# Page {index}\n\n{text}".encode())
        uid = f"uid-{self._cells}"
        return self.workshop.spec(JobOperation.UPSERT, prefix("in/"), uid, chunking=CHUNKING, embedding=self._embedding)

    def run_into(self, fault: str, stage: str, spec: JobSpec, mark: Path) -> WorkerEnd:
        """Run a worker that meets the fault there, and return how it ended."""
        told = {STAGE_VARIABLE: stage, FAULT_VARIABLE: fault, MARK_VARIABLE: str(mark), "PYTHONPATH": str(TESTS)}
        return self.workshop.start(spec, command=(sys.executable, "-m", "support.faulty_worker"), **told).wait()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, minio: MinioServer, milvus: str) -> Iterator[Table]:
    folder = tmp_path_factory.mktemp("faults")
    settings = minio.settings(f"bucket-{uuid4().hex}").model_copy(update={"vector_store": milvus})
    workshop = Workshop(settings, folder)
    with running_embedder(folder) as embedder:
        workshop.prepare()
        table = Table(workshop, embedder)
        assert workshop.run(table.next_cell()).exit_code == 0
        yield table


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_it_ends_in_exactly_the_expected_rows_and_records(table: Table, tmp_path: Path, fault: str, stage: str) -> None:
    spec, mark = table.next_cell(), tmp_path / "struck"

    struck = table.run_into(fault, stage, spec, mark)
    states = {record.state for record in table.workshop.records().values()}
    end = table.workshop.run(spec)

    assert mark.exists(), struck.log
    assert struck.exit_code in {0, 1, -9}, struck.log
    assert states == {DocumentState.COMPLETED}, "a document was blamed for it"
    assert end.exit_code == 0
    assert end.message.documents.succeeded == DOCUMENTS
    assert_exact(table.workshop, DOCUMENTS, spec.task.uid if spec.task else "")
