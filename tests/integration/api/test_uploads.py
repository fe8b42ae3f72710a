"""Files in parts, as the official client sends them, and as one does that was interrupted."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import openai
import pytest

from kubelore.clock import precise_now
from kubelore.documents.layout import PartsLayout, all_parts
from kubelore_api.ingest import left_over_parts, pending_upload
from support.gateway import Gateway
from support.http import get

CONTENT = b"# Guide\n\n" + b"The office opens at nine.\n" * 4000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
LAYOUT = PartsLayout("default", "default")


def announced(gateway: Gateway, size: int = len(CONTENT), filename: str = "guide.md") -> str:
    return (
        gateway.openai()
        .uploads.create(bytes=size, filename=filename, mime_type="text/markdown", purpose="assistants")
        .id
    )


def sent(gateway: Gateway, upload_id: str, data: bytes) -> str:
    return gateway.openai().uploads.parts.create(upload_id, data=data).id


def stored(gateway: Gateway) -> list[str]:
    return [info.key for info in gateway.objects.list(all_parts("default"))]


def parts_of(gateway: Gateway, upload_id: str) -> list[dict[str, Any]]:
    reply = get(f"{gateway.url}/v1/uploads/{upload_id}/parts")
    assert reply.status == 200, reply.body
    return list(reply.json["data"])


def test_the_official_client_uploads_a_file_in_parts(gateway: Gateway) -> None:
    client = gateway.openai()
    upload = client.uploads.upload_file_chunked(
        file=CONTENT,
        filename="guide.md",
        bytes=len(CONTENT),
        mime_type="text/markdown",
        purpose="assistants",
        part_size=30_000,
        md5=MD5,
    )
    assert (upload.status, upload.bytes) == ("completed", len(CONTENT))
    assert upload.file is not None
    assert upload.file == client.files.retrieve(upload.file.id)
    assert client.files.content(upload.file.id).read() == CONTENT
    task = client.vector_stores.files.create("handbook", file_id=upload.file.id)
    assert task.status == "in_progress"


def test_nothing_of_the_parts_is_left_when_the_file_is_whole(gateway: Gateway) -> None:
    upload = announced(gateway)
    part = sent(gateway, upload, CONTENT)
    gateway.openai().uploads.complete(upload, part_ids=[part])
    assert [key for key in stored(gateway) if upload in key] == [LAYOUT.ended(upload)]


def test_parts_come_at_once_and_their_order_is_told_in_the_end(gateway: Gateway) -> None:
    upload = announced(gateway)
    pieces = [CONTENT[start : start + 10_000] for start in range(0, len(CONTENT), 10_000)]
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda piece: sent(gateway, upload, piece), pieces))
    whole = gateway.openai().uploads.complete(upload, part_ids=ids)
    assert whole.file is not None
    assert gateway.openai().files.content(whole.file.id).read() == CONTENT


def test_a_client_that_lost_everything_goes_on_from_what_has_come(gateway: Gateway) -> None:
    upload = announced(gateway)
    sent(gateway, upload, CONTENT[:50_000])
    [there] = parts_of(gateway, upload)
    assert (there["bytes"], there["sha256"]) == (50_000, hashlib.sha256(CONTENT[:50_000]).hexdigest())
    rest = sent(gateway, upload, CONTENT[there["bytes"] :])
    whole = gateway.openai().uploads.complete(upload, part_ids=[there["id"], rest])
    assert whole.file is not None
    assert gateway.openai().files.content(whole.file.id).read() == CONTENT


def test_a_part_that_was_sent_twice_is_used_once(gateway: Gateway) -> None:
    upload = announced(gateway)
    sent(gateway, upload, CONTENT)
    again = sent(gateway, upload, CONTENT)
    assert gateway.openai().uploads.complete(upload, part_ids=[again]).status == "completed"


def test_completing_twice_keeps_one_file(gateway: Gateway) -> None:
    upload = announced(gateway)
    part = sent(gateway, upload, CONTENT)
    first = gateway.openai().uploads.complete(upload, part_ids=[part])
    assert gateway.openai().uploads.complete(upload, part_ids=[part]) == first


def test_a_whole_that_is_not_what_was_announced_is_refused_and_can_be_corrected(gateway: Gateway) -> None:
    client = gateway.openai()
    upload = announced(gateway)
    first, second = sent(gateway, upload, CONTENT[:50_000]), sent(gateway, upload, CONTENT[50_000:])
    with pytest.raises(openai.BadRequestError, match=f"50000 bytes, and {len(CONTENT)} were announced"):
        client.uploads.complete(upload, part_ids=[first])
    with pytest.raises(openai.BadRequestError, match="the part part_00 is not there"):
        client.uploads.complete(upload, part_ids=["part_00", second])
    with pytest.raises(openai.BadRequestError, match="md5"):
        client.uploads.complete(upload, part_ids=[second, first], md5=MD5)
    assert client.uploads.complete(upload, part_ids=[first, second]).status == "completed"


def test_a_cancelled_upload_leaves_nothing_and_takes_nothing(gateway: Gateway) -> None:
    client = gateway.openai()
    upload = announced(gateway)
    part = sent(gateway, upload, CONTENT)
    assert client.uploads.cancel(upload).status == "cancelled"
    assert client.uploads.cancel(upload).status == "cancelled"
    assert [key for key in stored(gateway) if upload in key] == [LAYOUT.ended(upload)]
    for attempt in (lambda: sent(gateway, upload, CONTENT), lambda: client.uploads.complete(upload, part_ids=[part])):
        with pytest.raises(openai.BadRequestError, match="it is cancelled"):
            attempt()


def test_an_upload_that_was_waited_for_long_enough_has_expired(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = announced(gateway)
    later = precise_now() + pending_upload.LIFETIME
    monkeypatch.setattr(pending_upload, "now", lambda: later)
    assert get(f"{gateway.url}/v1/uploads/{upload}").json["status"] == "expired"
    with pytest.raises(openai.BadRequestError, match="it is expired"):
        sent(gateway, upload, CONTENT)


def test_what_was_given_up_is_cleared_away_and_nothing_else(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = announced(gateway)
    sent(gateway, upload, CONTENT)
    others = list(gateway.objects.list("default/_files/uploads/"))

    left_over_parts.clear(gateway.objects, "default")
    assert any(upload in key for key in stored(gateway))

    later = precise_now() + 2 * pending_upload.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(left_over_parts, "precise_now", lambda: later)
    assert left_over_parts.clear(gateway.objects, "default") >= 2
    assert stored(gateway) == []
    assert list(gateway.objects.list("default/_files/uploads/")) == others


@pytest.mark.parametrize(
    ("size", "status", "parameter"),
    [(0, 400, "bytes"), (-1, 400, "bytes"), (10**15, 413, "bytes")],
)
def test_a_size_that_is_not_taken_is_refused_before_anything_is_sent(
    gateway: Gateway, size: int, status: int, parameter: str
) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        announced(gateway, size)
    assert (raised.value.status_code, raised.value.param) == (status, parameter)


def test_more_than_was_announced_is_not_stored(gateway: Gateway) -> None:
    upload = announced(gateway, 10)
    sent(gateway, upload, b"0123456789")
    sent(gateway, upload, b"0123456789")
    with pytest.raises(openai.BadRequestError, match="10 bytes were announced in all"):
        sent(gateway, upload, b"0")
    with pytest.raises(openai.BadRequestError, match="0 bytes"):
        sent(gateway, upload, b"")


@pytest.mark.parametrize("upload_id", ["upload_" + "0" * 32, "upload_..", "upload_" + "0" * 31 + "G", "x", "..%2f.."])
def test_an_upload_that_is_not_there_is_not_found(gateway: Gateway, upload_id: str) -> None:
    for path in ("", "/parts"):
        reply = get(f"{gateway.url}/v1/uploads/{upload_id}{path}")
        assert reply.status == 404, reply.body


def test_a_file_that_no_parser_reads_is_refused_when_it_is_whole(gateway: Gateway) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
    upload = announced(gateway, len(picture), "picture.txt")
    part = sent(gateway, upload, picture)
    with pytest.raises(openai.APIStatusError) as raised:
        gateway.openai().uploads.complete(upload, part_ids=[part])
    assert (raised.value.status_code, raised.value.code) == (415, "DOCUMENT_UNSUPPORTED")


def test_the_official_client_sends_a_file_of_the_disk(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "disk.md").write_bytes(CONTENT)
    upload = gateway.openai().uploads.upload_file_chunked(
        file=tmp_path / "disk.md", mime_type="text/markdown", purpose="user_data"
    )
    assert upload.file is not None
    assert (upload.file.filename, upload.file.purpose) == ("disk.md", "user_data")
