import errno
import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode
from kubelore_ingest.model_fetch.journal import read_journal
from support.model_fetch import order, start_fetch
from support.model_server import ModelServer, ServedFile, model_server, random_bytes
from support.processes import wait_until

MIB = 1 << 20
CONTENT = random_bytes(160 * MIB)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 16 MiB."""
    volume = tmp_path / "volume"
    volume.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small volume")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(volume)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        yield volume
    finally:
        subprocess.run(["umount", str(volume)], check=True)


def saved(target: Path) -> int:
    journals = [read_journal(path) for path in target.rglob("*.journal")]
    return sum(segment.done for journal in journals if journal is not None for segment in journal.segments)


def waits(pid: int) -> bool:
    """Say whether a process sleeps in a lock of the kernel's."""
    return any(
        f" {pid} " in line for line in Path("/proc/locks").read_text(encoding="ascii").splitlines() if "->" in line
    )


@pytest.mark.slow
def test_a_fetch_that_is_killed_in_the_middle_goes_on_where_it_was(server: ModelServer, tmp_path: Path) -> None:
    file = server.serve("/big.gguf", ServedFile(CONTENT, hold_after=100 * MIB))
    target = tmp_path / "model"
    wanted = order(target, SHA256, http={"url": server.url("/big.gguf")})
    first = start_fetch(wanted, tmp_path)
    wait_until("the server holds back", lambda: file.sent >= 100 * MIB, 60)
    wait_until("a checkpoint tells of most of it", lambda: saved(target) > 64 * MIB, 60)

    first.kill()
    before, file.hold_after = file.sent, None
    file.released.set()
    code, end, lines, log = start_fetch(wanted, tmp_path).end()

    assert code == 0, log
    assert end.model is not None
    assert (end.model.sha256, end.model.bytes) == (SHA256, len(CONTENT))
    assert file.sent - before < len(CONTENT) - 64 * MIB
    assert lines[0]["bytesDone"] > 64 * MIB
    assert lines[-1]["bytesDone"] == lines[-1]["bytesTotal"] == len(CONTENT)
    assert hashlib.sha256((target / "model.gguf").read_bytes()).hexdigest() == SHA256


@pytest.mark.slow
def test_two_processes_at_once_fetch_once(server: ModelServer, tmp_path: Path) -> None:
    file = server.serve("/big.gguf", ServedFile(CONTENT, hold_after=10 * MIB))
    wanted = order(tmp_path / "model", http={"url": server.url("/big.gguf")})
    both = [start_fetch(wanted, tmp_path), start_fetch(wanted, tmp_path)]
    wait_until("one of them fetches", lambda: file.sent >= 10 * MIB, 60)
    wait_until("the other one waits", lambda: sum(waits(each.process.pid) for each in both) == 1, 60)
    file.hold_after = None
    file.released.set()

    ends = [each.end() for each in both]

    assert [code for code, *_ in ends] == [0, 0], ends
    assert ends[0][1] == ends[1][1]
    assert sum("another process fetches" in log for *_, log in ends) == 1
    assert file.sent == len(CONTENT) + 1


@pytest.mark.slow
def test_a_process_that_is_asked_to_end_does_so_at_once(server: ModelServer, tmp_path: Path) -> None:
    file = server.serve("/big.gguf", ServedFile(CONTENT, hold_after=10 * MIB))
    fetch = start_fetch(order(tmp_path / "model", http={"url": server.url("/big.gguf")}), tmp_path)
    wait_until("it fetches", lambda: file.sent >= 10 * MIB, 60)

    fetch.process.send_signal(signal.SIGTERM)

    assert fetch.end()[0] == 1


def test_a_volume_that_is_too_small_is_told_before_anything_is_fetched(
    server: ModelServer, tmp_path: Path, small_volume: Path
) -> None:
    file = server.serve("/big.gguf", ServedFile(CONTENT))

    code, end, _, log = start_fetch(
        order(small_volume / "model", http={"url": server.url("/big.gguf")}), tmp_path
    ).end()

    assert code == 42, log
    assert end.failure is not None
    assert end.failure.code is ErrorCode.NO_SPACE
    assert f"{len(CONTENT):,}" in end.failure.message
    assert file.sent == 1


def test_a_volume_that_fills_up_on_the_way_is_told_too(server: ModelServer, tmp_path: Path, small_volume: Path) -> None:
    server.serve("/big.gguf", ServedFile(CONTENT, takes_ranges=False, tells_size=False))

    code, end, _, log = start_fetch(
        order(small_volume / "model", http={"url": server.url("/big.gguf")}), tmp_path
    ).end()

    assert code == 42, log
    assert end.failure is not None
    assert end.failure.code is ErrorCode.NO_SPACE
    assert os.strerror(errno.ENOSPC) in end.failure.message


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, end, _, log = start_fetch(order(tmp_path / "file" / "x", http={"url": "http://a/b"}), tmp_path).end()

    assert code == 42, log
    assert end.failure is not None
    assert end.failure.code is ErrorCode.VOLUME_UNUSABLE


@pytest.mark.parametrize(
    "text", ["", "{", '{"target": "/x"}', '{"source": {"http": {"url": "http://a/b"}}, "target": "x"}']
)
def test_an_order_that_is_none_names_the_field(tmp_path: Path, text: str) -> None:
    code, end, _, log = start_fetch(text, tmp_path).end()

    assert code == 42
    assert end.failure is not None
    assert end.failure.code is ErrorCode.SETTINGS_INVALID
    assert end.failure.message.startswith("KUBELORE_MODEL")
    assert "KUBELORE_MODEL" in log


def test_the_hub_is_asked_at_its_mirror_with_the_token(server: ModelServer, tmp_path: Path) -> None:
    server.serve_hub("owner/name", {"a.gguf": b"GGUF"}, token="hub-token")
    wanted = order(tmp_path / "model", huggingFace={"repo": "owner/name", "filename": "a.gguf"})

    code, end, _, log = start_fetch(wanted, tmp_path, HF_ENDPOINT=server.url("/"), HF_TOKEN="hub-token").end()

    assert code == 0, log
    assert end.model is not None
    assert end.model.path == "a.gguf"
    assert "hub-token" not in log


def test_a_source_that_refuses_ends_with_42_and_says_so_in_log_and_message(server: ModelServer, tmp_path: Path) -> None:
    server.serve("/a", ServedFile(status=403))

    code, end, _, log = start_fetch(order(tmp_path / "a", http={"url": server.url("/a")}), tmp_path).end()

    assert code == 42, log
    assert end.failure is not None
    assert end.failure.code is ErrorCode.MODEL_FORBIDDEN
    assert end.failure.message in log
