import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.fetch_log import FetchLogReader
from kubelore_operator.reconcile.observed import KnowledgeBaseWorld, LLMServerWorld, Pod

SERVER = ResourceKey("LLMServer", "team-a", "tiny")
FETCHING = LLMServerWorld(pods=(Pod("tiny-1", "Pending", is_fetching=True),))


class FakeLogs:
    """An API server that has only logs; each read says how many there were."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, str]] = []
        self.is_away = False

    async def log(self, pod: ResourceKey, container: str, lines: int) -> str:
        assert lines > 0
        if self.is_away:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, str(pod))
        self.reads.append((pod.name, container))
        return f"read {len(self.reads)}"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(logs: FakeLogs, clock: Clock) -> FetchLogReader:
    return FetchLogReader(logs, clock)


async def log_of(reader: FetchLogReader, world: LLMServerWorld = FETCHING) -> str:
    seen = await reader.add_to(world, SERVER)
    assert isinstance(seen, LLMServerWorld)
    return seen.fetch_log


async def test_the_log_of_the_container_that_fetches_is_read(reader: FetchLogReader, logs: FakeLogs) -> None:
    assert await log_of(reader) == "read 1"
    assert logs.reads == [("tiny-1", "fetch-model")]


async def test_a_log_is_read_once_a_second(reader: FetchLogReader, clock: Clock) -> None:
    assert [await log_of(reader), await log_of(reader)] == ["read 1", "read 1"]
    clock.now += 1
    assert await log_of(reader) == "read 2"


async def test_nothing_is_read_where_nothing_is_fetched(reader: FetchLogReader, logs: FakeLogs) -> None:
    going = LLMServerWorld(pods=(Pod("tiny-1", "Pending", is_fetching=True, is_deleting=True),))
    for world in (LLMServerWorld(), going, KnowledgeBaseWorld(), None):
        assert await reader.add_to(world, SERVER) is world
    assert logs.reads == []


async def test_the_next_fetch_begins_with_a_log_of_its_own(reader: FetchLogReader) -> None:
    await log_of(reader)
    await reader.add_to(LLMServerWorld(), SERVER)

    assert await log_of(reader) == "read 2"


async def test_a_log_that_can_not_be_read_says_nothing(reader: FetchLogReader, logs: FakeLogs) -> None:
    logs.is_away = True

    assert await log_of(reader) == ""
