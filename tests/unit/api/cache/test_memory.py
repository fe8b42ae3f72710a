from kubelore_api.cache.memory import ENTRY_BYTES, MemoryCache


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def room_for(entries: int, value_bytes: int = 1) -> int:
    return entries * (ENTRY_BYTES + len("first") + value_bytes)


def test_a_value_is_kept_for_its_time() -> None:
    time = Time()
    cache = MemoryCache(room_for(10), time)
    cache.put("key", b"value", 60)
    time.now += 59
    assert cache.get("key") == b"value"
    time.now += 1
    assert cache.get("key") is None


def test_the_value_that_was_asked_for_longest_ago_goes_first() -> None:
    cache = MemoryCache(room_for(2))
    cache.put("first", b"1", 60)
    cache.put("other", b"2", 60)
    cache.get("first")
    cache.put("third", b"3", 60)
    assert [cache.get(key) for key in ("first", "other", "third")] == [b"1", None, b"3"]


def test_a_large_value_drives_several_small_ones_out() -> None:
    cache = MemoryCache(room_for(3))
    for key in ("first", "other", "third"):
        cache.put(key, b"1", 60)
    cache.put("large", b"1" * (ENTRY_BYTES + 5), 60)
    assert [cache.get(key) is not None for key in ("first", "other", "third", "large")] == [False, False, True, True]


def test_a_value_larger_than_the_cache_is_not_kept() -> None:
    cache = MemoryCache(room_for(1))
    cache.put("first", b"1" * 1000, 60)
    assert cache.get("first") is None
    cache.put("first", b"1", 60)
    assert cache.get("first") == b"1"


def test_a_value_that_is_put_again_takes_its_room_once() -> None:
    cache = MemoryCache(room_for(2))
    for _ in range(10):
        cache.put("first", b"1", 60)
    cache.put("other", b"2", 60)
    assert cache.get("first") == b"1"
