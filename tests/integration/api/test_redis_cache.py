from collections.abc import Iterator
from pathlib import Path

import pytest

from kubelore_api.cache.redis import SECONDS_OF_REST, RedisCache
from support.databases import redis_process
from support.processes import ServerProcess


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with redis_process(tmp_path).running() as process:
        yield process


def url(server: ServerProcess) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


def test_what_one_gateway_keeps_another_finds(server: ServerProcess) -> None:
    one, other = RedisCache(url(server)), RedisCache(url(server))
    one.put("key", b"\x00value", 60)
    assert other.get("key") == b"\x00value"
    assert other.get("another") is None


def test_a_redis_that_is_away_holds_nothing_and_is_found_again(server: ServerProcess) -> None:
    time = Time()
    cache = RedisCache(url(server), time)
    cache.put("key", b"value", 60)
    server.kill()
    assert cache.get("key") is None
    server.start()
    assert cache.get("key") is None
    time.now += SECONDS_OF_REST
    cache.put("key", b"value", 60)
    assert cache.get("key") == b"value"
