from kubelore_api.cache.memory import MemoryCache


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_kept_for_its_time() -> None:
    time = Time()
    cache = MemoryCache(10, 60, time)
    cache.put("key", b"value")
    time.now += 59
    assert cache.get("key") == b"value"
    time.now += 1
    assert cache.get("key") is None


def test_the_value_that_was_asked_for_longest_ago_goes_first() -> None:
    cache = MemoryCache(2, 60)
    cache.put("first", b"1")
    cache.put("second", b"2")
    cache.get("first")
    cache.put("third", b"3")
    assert [cache.get(key) for key in ("first", "second", "third")] == [b"1", None, b"3"]
