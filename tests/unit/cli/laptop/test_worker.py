from pathlib import Path

from pydantic import SecretStr

from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, ShardProgress, Stage
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, JobSpec
from kubelore.resources.knowledge_base import Chunking, IndexPlan
from kubelore.settings import Settings
from kubelore_cli.laptop.worker import WorkerEnd, WorkerFiles, WorkerOrder, worker_environment

JOB = JobSpec(
    operation=JobOperation.UPSERT,
    namespace="team-a",
    knowledge_base="handbook",
    embedding=EmbedderConfig(),
    chunking=Chunking(),
    index=IndexPlan(),
    max_document_bytes=100,
)


def environment(tmp_path: Path, **order: object) -> dict[str, str]:
    settings = Settings(resources="/manifests", state_dir=tmp_path, vector_store="http://127.0.0.1:19530")
    base = {"PATH": "/bin", "KUBELORE_VECTOR_STORE": "other", "KUBELORE_S3_ACCESS_KEY": "key"}
    files = WorkerFiles(tmp_path / "run")
    return worker_environment(base, settings, WorkerOrder(job=JOB, files=files, **order))  # type: ignore[arg-type]


def test_a_worker_gets_what_a_jobs_pod_gets(tmp_path: Path) -> None:
    given = environment(tmp_path, shard=3, threads=2)

    assert JobSpec.model_validate_json(given["KUBELORE_JOB"]) == JOB
    assert given["JOB_COMPLETION_INDEX"] == "3"
    assert given["KUBELORE_EMBEDDING_THREADS"] == "2"
    assert given["KUBELORE_VECTOR_STORE"] == "http://127.0.0.1:19530"
    assert given["KUBELORE_OBJECT_STORE"] == (tmp_path / "objects").as_uri()
    assert given["KUBELORE_PROGRESS_FILE"] == str(tmp_path / "run" / "progress.json")
    assert given["KUBELORE_TERMINATION_FILE"] == str(tmp_path / "run" / "termination.json")


def test_the_users_own_variables_reach_a_worker(tmp_path: Path) -> None:
    given = environment(tmp_path)

    assert given["PATH"] == "/bin"
    assert given["KUBELORE_S3_ACCESS_KEY"] == "key"


def test_a_key_and_a_mounted_source_are_handed_over(tmp_path: Path) -> None:
    given = environment(tmp_path, api_key=SecretStr("secret"), mounted_source=tmp_path / "document")

    assert given["KUBELORE_EMBEDDING_API_KEY"] == "secret"
    assert given["KUBELORE_MOUNTED_SOURCE"] == str(tmp_path / "document")


def test_a_keys_value_shows_in_no_repr(tmp_path: Path) -> None:
    order = WorkerOrder(job=JOB, files=WorkerFiles(tmp_path), api_key=SecretStr("hunter2"))

    assert "hunter2" not in repr(order)


def test_progress_that_is_half_written_is_not_there_yet(tmp_path: Path) -> None:
    files = WorkerFiles(tmp_path)
    assert files.read_progress() is None

    files.progress.write_text('{"stage": "VECTOR')
    assert files.read_progress() is None

    files.progress.write_text(ShardProgress(stage=Stage.VECTORIZING, chunks=2).to_json())
    assert files.read_progress() == ShardProgress(stage=Stage.VECTORIZING, chunks=2)


def test_an_old_report_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    files = WorkerFiles(tmp_path / "shard")
    files.clear()
    files.termination.write_text("{}")

    files.clear()

    assert files.read_report() == ""


def test_a_bad_document_is_final_and_everything_else_is_not(tmp_path: Path) -> None:
    assert WorkerEnd(EXIT_DOCUMENT_IS_BAD, "", tmp_path).is_final
    assert not WorkerEnd(1, "", tmp_path).is_final
    assert not WorkerEnd(-9, "", tmp_path).is_final


def test_a_worker_knows_that_it_is_on_a_laptop(tmp_path: Path) -> None:
    assert environment(tmp_path)["KUBELORE_RESOURCES"] == "/manifests"
