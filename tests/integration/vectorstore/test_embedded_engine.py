"""What is only so of Milvus Lite in this process: its lock, and what it loses without one writer at a time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.filters import And, In
from kubelore.vectorstore.interface import CollectionSpec, DenseQuery, Search
from kubelore.vectorstore.milvus import MilvusStore
from support.processes import wait_until
from support.rows import DIMENSION, rows, unit_vector

SPEC = CollectionSpec("kl_lite_g1", DIMENSION, IndexProfile.FAST, m=16, ef_construction=200)

WRITER = """
import sys, threading
from kubelore.vectorstore.milvus import MilvusStore
from support.rows import rows

store = MilvusStore(sys.argv[1])
printing = threading.Lock()

def write(writer):
    for part in range(10_000):
        document = f"w{writer}-{part}"
        store.upsert("kl_lite_g1", rows(10, document))
        with printing:
            print(document, flush=True)

writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
"""


def test_closing_lets_another_process_in(tmp_path: Path) -> None:
    path = str(tmp_path / "milvus.db")
    store = MilvusStore(path)
    store.ensure_collection(SPEC)
    store.upsert("kl_lite_g1", rows(5))
    store.close()
    store.close()

    count = "from kubelore.vectorstore.milvus import MilvusStore; from kubelore.vectorstore.filters import And; "
    count += "import sys; print(MilvusStore(sys.argv[1]).count('kl_lite_g1', And(())))"
    done = subprocess.run([sys.executable, "-c", count, path], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.strip() == "5"


def test_a_folder_that_another_process_has_open_is_said_to_be_so(tmp_path: Path) -> None:
    path = str(tmp_path / "milvus.db")
    hold = "from kubelore.vectorstore.milvus import MilvusStore; import sys; "
    hold += "MilvusStore(sys.argv[1]).abilities(); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        with pytest.raises(KubeloreError) as caught:
            MilvusStore(path).abilities()
        holder.kill()

    assert caught.value.code is ErrorCode.VECTOR_STORE_UNREACHABLE
    assert "another process has it open" in caught.value.message


def test_all_who_are_the_first_to_search_after_a_start_find_the_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "milvus.db")
    names = [f"kl_lite{number}_g1" for number in range(4)]
    store = MilvusStore(path)
    for name in names:
        store.ensure_collection(replace(SPEC, name=name))
        store.upsert(name, rows(1000))
    store.close()

    reopened = MilvusStore(path)
    reopened.abilities()
    search = Search(And(()), DenseQuery(unit_vector(0), 5))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda name: reopened.search(name, search).dense, sorted(8 * names)))
    reopened.close()

    assert [len(hits) for hits in found] == [5] * len(found)


@pytest.mark.slow
def test_a_process_that_is_killed_while_four_threads_write_loses_no_acknowledged_row(tmp_path: Path) -> None:
    path = str(tmp_path / "milvus.db")
    store = MilvusStore(path)
    store.ensure_collection(SPEC)
    store.close()
    acknowledged_file = tmp_path / "acknowledged"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}

    with acknowledged_file.open("wb") as output:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=output, env=environment)
        wait_until(
            "some hundred writes are acknowledged", lambda: acknowledged_file.read_bytes().count(b"\n") > 300, 120
        )
        writer.kill()
        writer.wait()

    *acknowledged, _ = acknowledged_file.read_text().split("\n")
    reopened = MilvusStore(path)
    for start in range(0, len(acknowledged), 50):
        part = acknowledged[start : start + 50]
        assert reopened.count("kl_lite_g1", In("document_id", part)) == 10 * len(part)
    assert reopened.count("kl_lite_g1", And(())) >= 10 * len(acknowledged)
    reopened.close()
