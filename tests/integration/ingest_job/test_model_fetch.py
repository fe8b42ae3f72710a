import hashlib
import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.model_fetch.origins.hugging_face import Hub
from support.model_fetch import QUICK, SEGMENT_BYTES, fetch, order
from support.model_server import ModelServer, ServedFile, model_server, random_bytes
from support.processes import wait_until

CONTENT = random_bytes(10 * SEGMENT_BYTES + 12345)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "one"


def code_of(error: pytest.ExceptionInfo[KubeloreError]) -> ErrorCode:
    return error.value.code


def test_a_file_is_fetched_in_ranges_side_by_side(server: ModelServer, target: Path) -> None:
    file = server.serve("/files/tiny.gguf", ServedFile(CONTENT, hold_after=2))

    with ThreadPoolExecutor() as pool:
        fetching = pool.submit(fetch, order(target, SHA256, http={"url": server.url("/files/tiny.gguf")}))
        wait_until("several ranges are asked for at once", lambda: server.most_at_once > 1)
        file.released.set()
        model = fetching.result()

    assert (target / "tiny.gguf").read_bytes() == CONTENT
    assert (model.path, model.bytes, model.sha256) == ("tiny.gguf", len(CONTENT), SHA256)
    assert file.sent == len(CONTENT) + 1
    assert len([asked for asked in server.asked if asked.range]) == 12
    assert server.most_at_once <= QUICK.streams


def test_what_is_complete_says_so_last_and_leaves_nothing_else_behind(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT))

    fetch(order(target, http={"url": server.url("/tiny.gguf")}))

    names = {path.name for path in target.iterdir()}
    assert names == {"tiny.gguf", "model.gguf", ".complete.json", ".progress.json", ".lock"}
    assert (target / "model.gguf").readlink() == Path("tiny.gguf")
    complete = json.loads((target / ".complete.json").read_text())
    assert complete["files"] == [{"path": "tiny.gguf", "bytes": len(CONTENT), "sha256": SHA256}]
    progress = json.loads((target / ".progress.json").read_text())
    assert progress["bytesDone"] == progress["bytesTotal"] == len(CONTENT)


def test_a_complete_model_is_not_asked_for_again(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT))
    wanted = order(target, http={"url": server.url("/tiny.gguf")})
    first = fetch(wanted)
    asked = len(server.asked)

    assert fetch(wanted) == first
    assert len(server.asked) == asked


def test_a_file_that_lost_bytes_is_fetched_again(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT))
    wanted = order(target, http={"url": server.url("/tiny.gguf")})
    fetch(wanted)
    (target / "tiny.gguf").write_bytes(CONTENT[:-1])

    fetch(wanted)

    assert (target / "tiny.gguf").read_bytes() == CONTENT


def test_another_source_for_the_same_folder_is_fetched(server: ModelServer, target: Path) -> None:
    server.serve("/one.gguf", ServedFile(CONTENT))
    server.serve("/two.gguf", ServedFile(CONTENT[::-1]))
    fetch(order(target, http={"url": server.url("/one.gguf")}))

    fetch(order(target, http={"url": server.url("/two.gguf")}))

    assert (target / "model.gguf").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize(
    "served",
    [
        ServedFile(CONTENT, takes_ranges=False),
        ServedFile(CONTENT, etag=None),
        ServedFile(CONTENT, etag='W/"weak"'),
        ServedFile(CONTENT, takes_ranges=False, tells_size=False),
    ],
    ids=["no-ranges", "no-etag", "weak-etag", "no-size"],
)
def test_a_server_without_safe_ranges_sends_it_in_one_stream(
    server: ModelServer, target: Path, served: ServedFile
) -> None:
    server.serve("/tiny.gguf", served)

    model = fetch(order(target, http={"url": server.url("/tiny.gguf")}))

    assert (target / "tiny.gguf").read_bytes() == CONTENT
    assert model.sha256 == SHA256
    assert [asked.range for asked in server.asked] == ["bytes=0-0", None]


def test_a_known_checksum_makes_ranges_safe_without_an_etag(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT, etag=None))

    fetch(order(target, SHA256, http={"url": server.url("/tiny.gguf")}))

    assert None not in {asked.range for asked in server.asked}


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES, SEGMENT_BYTES + 1])
def test_files_of_every_size_come_whole(server: ModelServer, target: Path, size: int) -> None:
    server.serve("/file", ServedFile(CONTENT[:size]))

    fetch(order(target, http={"url": server.url("/file")}))

    assert (target / "file").read_bytes() == CONTENT[:size]


def test_a_file_is_known_as_gguf_by_its_first_bytes_too(server: ModelServer, target: Path) -> None:
    server.serve("/download", ServedFile(b"GGUF" + CONTENT))

    fetch(order(target, http={"url": server.url("/download")}))

    assert (target / "model.gguf").read_bytes()[:4] == b"GGUF"


def test_passing_errors_are_waited_out(server: ModelServer, target: Path) -> None:
    statuses: deque[int | None] = deque([503, 500, 429])
    server.serve("/tiny.gguf", ServedFile(CONTENT, statuses=statuses))

    fetch(order(target, SHA256, http={"url": server.url("/tiny.gguf")}))

    assert not statuses


def test_answers_that_break_off_are_continued_where_they_did(server: ModelServer, target: Path) -> None:
    file = server.serve("/tiny.gguf", ServedFile(CONTENT, cuts=deque([100_000, 10, 200_000, 0, 150_000, 70_000])))

    fetch(order(target, SHA256, http={"url": server.url("/tiny.gguf")}))

    assert (target / "tiny.gguf").read_bytes() == CONTENT
    assert file.sent < len(CONTENT) * 1.1


def test_a_server_that_always_breaks_off_still_serves_it_bit_by_bit(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT, always_cut=100_000))

    fetch(order(target, SHA256, http={"url": server.url("/tiny.gguf")}))

    assert (target / "tiny.gguf").read_bytes() == CONTENT


def test_one_stream_that_always_breaks_off_is_given_up_after_a_while(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT, takes_ranges=False, always_cut=100_000))

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, http={"url": server.url("/tiny.gguf")}))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_UNREACHABLE
    assert not (target / "tiny.gguf").exists()


def test_content_that_changed_between_two_fetches_is_never_mixed(server: ModelServer, target: Path) -> None:
    file = server.serve("/tiny.gguf", ServedFile(CONTENT, statuses=deque([None] * 8 + [404])))
    wanted = order(target, http={"url": server.url("/tiny.gguf")})
    with pytest.raises(KubeloreError):
        fetch(wanted)
    assert file.sent > SEGMENT_BYTES
    file.content, file.etag = random_bytes(len(CONTENT), seed=2), '"v2"'

    fetch(wanted)

    assert (target / "tiny.gguf").read_bytes() == file.content


@pytest.mark.parametrize("heeds_if_range", [True, False])
def test_an_etag_that_changes_under_the_download_starts_it_over(
    server: ModelServer, target: Path, *, heeds_if_range: bool
) -> None:
    etags = deque(['"v1"', '"v1"', '"v2"'])
    file = server.serve("/tiny.gguf", ServedFile(CONTENT, etags=etags, heeds_if_range=heeds_if_range))

    model = fetch(order(target, http={"url": server.url("/tiny.gguf")}))

    assert model.sha256 == SHA256
    assert file.sent > len(CONTENT) + 1


def test_a_download_that_starts_over_is_not_disturbed_by_a_checkpoint(server: ModelServer, target: Path) -> None:
    etags = deque(['"v1"', '"v1"', '"v2"'])
    server.serve("/tiny.gguf", ServedFile(CONTENT, etags=etags))
    without_pause = replace(QUICK, seconds_between_checkpoints=0)

    model = fetch(order(target, http={"url": server.url("/tiny.gguf")}), limits=without_pause)

    assert model.sha256 == SHA256


def test_an_etag_that_is_another_each_time_leads_to_one_stream(server: ModelServer, target: Path) -> None:
    server.serve("/tiny.gguf", ServedFile(CONTENT, etags=deque(f'"{number}"' for number in range(1000))))

    model = fetch(order(target, http={"url": server.url("/tiny.gguf")}))

    assert model.sha256 == SHA256
    assert server.asked[-1].range is None


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (401, {}, ErrorCode.MODEL_UNAUTHENTICATED),
        (403, {}, ErrorCode.MODEL_FORBIDDEN),
        (404, {}, ErrorCode.MODEL_SOURCE_NOT_FOUND),
        (418, {}, ErrorCode.MODEL_SOURCE_REFUSED),
        (403, {"X-Error-Code": "GatedRepo"}, ErrorCode.MODEL_GATED),
        (401, {"X-Error-Code": "RepoNotFound"}, ErrorCode.MODEL_SOURCE_NOT_FOUND),
    ],
)
def test_what_stays_is_told_at_once(
    server: ModelServer, target: Path, status: int, headers: dict[str, str], code: ErrorCode
) -> None:
    server.serve("/tiny.gguf", ServedFile(status=status, headers=headers))

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, http={"url": server.url("/tiny.gguf?signature=secret")}))

    assert code_of(error) is code
    assert not error.value.kind.retryable
    assert "secret" not in error.value.message
    assert len(server.asked) == 1


def test_wrong_content_is_deleted_and_not_fetched_a_third_time(server: ModelServer, target: Path) -> None:
    file = server.serve("/tiny.gguf", ServedFile(CONTENT))
    wanted = order(target, "0" * 64, http={"url": server.url("/tiny.gguf")})

    for _ in range(4):
        with pytest.raises(KubeloreError) as error:
            fetch(wanted)
        assert code_of(error) is ErrorCode.MODEL_CORRUPT
        assert not (target / "tiny.gguf").exists()
        assert not list(target.rglob("*.part"))

    assert file.sent < 2 * len(CONTENT) + 10
    assert SHA256 in error.value.message

    file.content, file.etag = b"right", '"v2"'
    fetch(order(target, hashlib.sha256(b"right").hexdigest(), http={"url": server.url("/tiny.gguf")}))
    assert (target / "tiny.gguf").read_bytes() == b"right"


def test_redirects_are_followed(server: ModelServer, target: Path) -> None:
    server.serve("/a", ServedFile(redirect="/b"))
    server.serve("/b", ServedFile(redirect=server.url("/c", "localhost")))
    server.serve("/c", ServedFile(CONTENT))

    assert fetch(order(target, http={"url": server.url("/a")})).sha256 == SHA256


@pytest.mark.parametrize("location", ["file:///etc/passwd", "", "/a"])
def test_redirects_to_nowhere_are_refused(server: ModelServer, target: Path, location: str) -> None:
    server.serve("/a", ServedFile(redirect=location))

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, http={"url": server.url("/a")}))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_REFUSED


FILES = {"config.json": b"{}", "onnx/model.bin": CONTENT, "q4-a.gguf": b"GGUF4", "q8-a.gguf": b"GGUF8"}


def test_a_repository_of_the_hub_comes_whole(server: ModelServer, target: Path) -> None:
    server.serve_hub("owner/name", FILES)

    model = fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert {name: (target / name).read_bytes() for name in FILES} == FILES
    assert (model.path, model.bytes) == (".", sum(map(len, FILES.values())))
    assert not (target / "model.gguf").exists()


@pytest.mark.parametrize(("filename", "names"), [("q4-a.gguf", {"q4-a.gguf"}), ("*.gguf", {"q4-a.gguf", "q8-a.gguf"})])
def test_a_file_or_a_pattern_of_a_repository_is_fetched_alone(
    server: ModelServer, target: Path, filename: str, names: set[str]
) -> None:
    server.serve_hub("owner/name", FILES)

    model = fetch(order(target, huggingFace={"repo": "owner/name", "filename": filename}), Hub(server.url("")))

    assert {file.path for file in model.files} == names


def test_a_repository_goes_on_at_the_file_that_it_broke_off_at(server: ModelServer, target: Path) -> None:
    files = server.serve_hub("owner/name", FILES)
    wanted = order(target, huggingFace={"repo": "owner/name"})
    files["q8-a.gguf"].content = b"wrong"
    with pytest.raises(KubeloreError):
        fetch(wanted, Hub(server.url("")))
    sent = files["onnx/model.bin"].sent
    files["q8-a.gguf"].content = FILES["q8-a.gguf"]

    fetch(wanted, Hub(server.url("")))

    assert files["onnx/model.bin"].sent == sent + 1


def test_the_token_goes_to_the_hub_and_nowhere_else(server: ModelServer, target: Path) -> None:
    files = server.serve_hub("owner/name", {"a.gguf": CONTENT}, token="hub-token")
    server.serve("/cdn/a", ServedFile(CONTENT))
    files["a.gguf"].redirect = server.url("/cdn/a", "localhost")

    fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url(""), "hub-token"))

    to_cdn = [asked for asked in server.asked if asked.path == "/cdn/a"]
    to_hub = [asked for asked in server.asked if asked.path != "/cdn/a"]
    assert {asked.authorization for asked in to_cdn} == {None}
    assert {asked.authorization for asked in to_hub} == {"Bearer hub-token"}


def test_a_gated_model_says_what_to_do(server: ModelServer, target: Path) -> None:
    files = server.serve_hub("owner/name", {"a.gguf": CONTENT})
    files["a.gguf"].status, files["a.gguf"].headers = 403, {"X-Error-Code": "GatedRepo"}

    with pytest.raises(KubeloreError, match="tokenSecretRef") as error:
        fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_GATED


def test_a_private_repository_without_a_token_is_refused(server: ModelServer, target: Path) -> None:
    server.serve_hub("owner/name", FILES, token="hub-token")

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_UNAUTHENTICATED


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", ".complete.json", ".partial/x", "a\\b", ""])
def test_names_never_lead_out_of_the_folder(server: ModelServer, target: Path, name: str) -> None:
    server.serve_hub("owner/name", {name: b"evil"})

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_REFUSED
    assert not list(target.parent.rglob("evil"))


def test_a_link_in_the_folder_does_not_lead_out_of_it(server: ModelServer, target: Path, tmp_path: Path) -> None:
    target.mkdir(parents=True)
    (target / "sub").symlink_to(tmp_path)
    server.serve_hub("owner/name", {"sub/evil": b"evil"})

    with pytest.raises(KubeloreError) as error:
        fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_REFUSED
    assert not (tmp_path / "evil").exists()


def test_a_name_that_nothing_has_is_told(server: ModelServer, target: Path) -> None:
    server.serve_hub("owner/name", FILES)

    with pytest.raises(KubeloreError, match="q5") as error:
        fetch(order(target, huggingFace={"repo": "owner/name", "filename": "q5*.gguf"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_NOT_FOUND


def test_a_checksum_for_several_files_is_refused(server: ModelServer, target: Path) -> None:
    server.serve_hub("owner/name", FILES)

    with pytest.raises(KubeloreError, match=r"spec\.model\.sha256"):
        fetch(order(target, SHA256, huggingFace={"repo": "owner/name"}), Hub(server.url("")))


def test_a_hub_that_answers_something_else_is_told(server: ModelServer, target: Path) -> None:
    server.serve("/api/models/owner/name/revision/main", ServedFile(b"<html>", takes_ranges=False))

    with pytest.raises(KubeloreError, match="list of files") as error:
        fetch(order(target, huggingFace={"repo": "owner/name"}), Hub(server.url("")))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_REFUSED


@pytest.mark.parametrize(
    "source",
    [{"ollama": {"tag": "a:b"}}, {"pvc": {"claimName": "a", "path": "b"}}, {"image": {"reference": "a/b"}}],
)
def test_what_needs_no_fetch_is_refused(target: Path, source: dict[str, Any]) -> None:
    with pytest.raises(KubeloreError, match="only http, huggingFace and s3") as error:
        fetch(order(target, **source))

    assert code_of(error) is ErrorCode.SETTINGS_INVALID


def test_a_server_that_is_not_there_is_waited_for(target: Path) -> None:
    with pytest.raises(KubeloreError) as error:
        fetch(order(target, http={"url": "http://127.0.0.1:9/model.gguf"}))

    assert code_of(error) is ErrorCode.MODEL_SOURCE_UNREACHABLE
    assert error.value.kind.retryable
