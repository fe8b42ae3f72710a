import threading
from io import BytesIO

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectStore

HOSTILE_KEYS = [
    "../outside",
    "a/../../outside",
    "./a",
    "a/..",
    "..",
    "a\x00b",
    "line\nbreak",
    "",
    "x" * 1025,
    "\ud800",
]
ODD_KEYS = [
    "文档/安装 指南.md",
    "a b+c&d=e?f#g.txt",
    "100%.md",
    "%2E%2E/escaped",
    "quote\"'`;$(id).md",
    "back\\slash",
    "..hidden/...",
    "trailing/marker/",
    "x" * 200 + "/" + "y" * 200,
    "émoji-🙂.txt",
    "<xml>&amp;</xml>",
]


def test_what_is_put_is_what_is_got(store: ObjectStore) -> None:
    store.put("a/b.txt", b"content", "text/plain")

    assert store.get("a/b.txt") == b"content"
    assert b"".join(store.open("a/b.txt", part_bytes=3)) == b"content"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.put("empty", b"")

    assert store.get("empty") == b""
    assert [info.size for info in store.list("")] == [0]


def test_a_large_object_streams_in_and_out(store: ObjectStore) -> None:
    content = bytes(range(256)) * 48 * 1024

    store.put_stream("large.bin", BytesIO(content), len(content))

    assert b"".join(store.open("large.bin", part_bytes=1 << 20)) == content


def test_a_second_put_replaces_the_first_and_its_etag(store: ObjectStore) -> None:
    store.put("key", b"first")
    before = store.stat("key")

    store.put("key", b"other")

    after = store.stat("key")
    assert store.get("key") == b"other"
    assert before is not None
    assert after is not None
    assert before.etag != after.etag


def test_what_is_not_there_is_said_to_be_missing(store: ObjectStore) -> None:
    assert store.stat("nothing") is None
    for read in (
        lambda: store.get("nothing"),
        lambda: list(store.open("nothing")),
        lambda: store.copy("nothing", "copy"),
    ):
        with pytest.raises(KubeloreError) as caught:
            read()
        assert caught.value.code is ErrorCode.OBJECT_NOT_FOUND
        assert "nothing" in caught.value.message


def test_a_prefix_that_holds_objects_is_not_an_object(store: ObjectStore) -> None:
    store.put("a/b", b"1")

    assert store.stat("a") is None
    with pytest.raises(KubeloreError) as caught:
        store.get("a")
    assert caught.value.code is ErrorCode.OBJECT_NOT_FOUND


def test_a_list_is_in_the_order_of_keys_and_holds_only_its_prefix(store: ObjectStore) -> None:
    keys = ["a", "b/1", "b-2", "b.3", "b/10", "b/c/d", "b0", "c", "文/一"]
    for key in reversed(keys):
        store.put(key, key.encode())

    assert [info.key for info in store.list("")] == sorted(keys)
    assert [info.key for info in store.list("b")] == sorted(key for key in keys if key.startswith("b"))
    assert [info.key for info in store.list("b/")] == ["b/1", "b/10", "b/c/d"]
    assert [info.key for info in store.list("b/1")] == ["b/1", "b/10"]
    assert list(store.list("none/")) == []


def test_a_listed_object_is_described_as_by_stat(store: ObjectStore) -> None:
    store.put("a/b", b"123")

    (listed,) = store.list("a/")

    described = store.stat("a/b")
    assert described is not None
    assert (listed.key, listed.size, listed.etag.strip('"')) == ("a/b", 3, described.etag.strip('"'))


def test_a_copy_has_the_content_of_its_source(store: ObjectStore) -> None:
    store.put("文档/source +&.md", b"content")

    store.copy("文档/source +&.md", "copies/target")
    store.put("文档/source +&.md", b"changed")

    assert store.get("copies/target") == b"content"


def test_a_delete_takes_many_keys_and_misses_none(store: ObjectStore) -> None:
    for index in range(1200):
        store.put(f"many/{index}", b"x")
    store.put("kept", b"x")

    store.delete(f"many/{index}" for index in range(1300))
    store.delete([])

    assert [info.key for info in store.list("")] == ["kept"]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_a_hostile_key_is_refused_by_every_call(store: ObjectStore, key: str) -> None:
    store.put("kept", b"x")
    for call in (
        lambda: store.put(key, b"x"),
        lambda: store.get(key),
        lambda: store.stat(key),
        lambda: store.copy("kept", key),
        lambda: store.delete([key]),
    ):
        with pytest.raises(KubeloreError) as caught:
            call()
        assert caught.value.code is ErrorCode.OBJECT_STORE_REFUSED
    assert [info.key for info in store.list("")] == ["kept"]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_comes_back_as_itself(store: ObjectStore, key: str) -> None:
    store.put(key, b"odd")

    assert store.get(key) == b"odd"
    assert [info.key for info in store.list("")] == [key]
    store.delete([key])
    assert list(store.list("")) == []


def test_writers_of_one_key_leave_one_whole_content(store: ObjectStore) -> None:
    contents = [bytes([index]) * 200_000 for index in range(8)]
    writers = [threading.Thread(target=store.put, args=("shared/key", content)) for content in contents]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert store.get("shared/key") in contents


def test_making_sure_twice_keeps_what_is_there(store: ObjectStore) -> None:
    store.put("key", b"x")

    store.ensure()

    assert store.get("key") == b"x"
