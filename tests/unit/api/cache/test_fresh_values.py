from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kubelore.documents.layout import Layout
from kubelore.objectstore.folder import FolderStore
from kubelore.vectorstore.interface import MOST_SECONDS_BEHIND
from kubelore_api.cache.fresh_values import FreshValues, Made, Request
from kubelore_api.cache.memory import MemoryCache
from kubelore_api.cache.revisions import Revisions
from kubelore_api.threads import Threads
from support.builders import knowledge_base

KB = knowledge_base()
KEY = Layout(KB.metadata.namespace, KB.metadata.name).revision
ASKED = Request([KB], "why")


class TextCodec:
    """Writes texts that are not empty."""

    def pack(self, value: str) -> bytes:
        """Write one."""
        return value.encode()

    def unpack(self, packed: bytes) -> str | None:
        """Read one."""
        return packed.decode() or None


@dataclass
class World:
    """Values over a folder, with a clock that the test sets."""

    store: FolderStore
    threads: Threads
    now: float = 100.0
    made: int = 0
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = MemoryCache(100_000, lambda: self.now)
        self.values = FreshValues(
            cache=self.cache,
            seconds=60,
            revisions=Revisions(self.store, lambda: self.now),
            codec=TextCodec(),
            threads=self.threads,
            note=self.notes.append,
        )

    def change_rows(self, word: bytes = b"word") -> None:
        self.store.put(KEY, word)

    async def settle(self) -> None:
        """Let the values see the revision, and searches catch up with it."""
        await self.values.find(ASKED)
        self.now += MOST_SECONDS_BEHIND
        self.notes.clear()

    async def ask(self, request: Request = ASKED, *, may_be_kept: bool = True) -> str:
        async def make() -> Made[str]:
            self.made += 1
            return Made(f"answer {self.made}", may_be_kept)

        return await self.values.find_or_make(request, make)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    threads = Threads(2)
    yield World(FolderStore(tmp_path), threads)
    threads.close()


async def test_what_was_made_once_is_found_again_for_its_time(world: World) -> None:
    world.change_rows()
    await world.settle()
    assert [await world.ask(), await world.ask(), await world.values.find(ASKED)] == ["answer 1"] * 3
    assert world.notes == ["miss", "hit", "hit"]
    world.now += 60
    assert await world.ask() == "answer 2"


async def test_a_change_of_the_rows_makes_it_unreachable_at_once(world: World) -> None:
    world.change_rows()
    await world.settle()
    await world.ask()
    world.change_rows(b"another")
    assert await world.values.find(ASKED) is None
    assert await world.ask() == "answer 2"


async def test_what_a_search_found_that_may_be_behind_is_not_kept(world: World) -> None:
    world.change_rows()
    assert [await world.ask(), await world.ask()] == ["answer 1", "answer 2"]
    world.now += MOST_SECONDS_BEHIND
    assert [await world.ask(), await world.ask()] == ["answer 3", "answer 3"]


async def test_nothing_is_kept_of_rows_without_a_revision(world: World) -> None:
    await world.settle()
    assert [await world.ask(), await world.ask()] == ["answer 1", "answer 2"]


async def test_what_may_not_be_kept_is_not(world: World) -> None:
    world.change_rows()
    await world.settle()
    assert [await world.ask(may_be_kept=False), await world.ask()] == ["answer 1", "answer 2"]


async def test_another_request_is_another_value(world: World) -> None:
    world.change_rows()
    await world.settle()
    assert [await world.ask(), await world.ask(Request([KB], "why not"))] == ["answer 1", "answer 2"]
