"""Searches of a large embedded collection: one after the other, and many at the same time."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import numpy as np
from environments import CACHE

from gateway.sizes import Sizes
from gateway.tables import print_table
from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.interface import CollectionSpec, DenseQuery, Hit, Search, VectorStore
from kubelore.vectorstore.milvus import MilvusStore
from kubelore_api.access.authenticate import ANYONE
from kubelore_api.access.rows import visible_to
from kubelore_api.metrics import Metrics
from kubelore_api.rag.search import Searches
from kubelore_api.threads import Threads
from support.rows import row

DIMENSION = 384
LIMIT = 20
COLLECTION = "kl_benchmark_g1"
ROWS_A_CALL = 5000
ONE_BY_ONE = 8
APART_AT_ONCE = 4
"""More calls at once would each wait longer for the others than a call may take."""

TURNS = 8
Find = Callable[[DenseQuery], Awaitable[Sequence[Hit]]]


async def measure_searches(sizes: Sizes) -> None:
    """Search under the filter of a caller's, as the gateway does."""
    store, threads = filled_store(sizes.rows), Threads()
    try:
        await _measure(store, threads, sizes)
    finally:
        threads.close()
        store.close()


async def _measure(store: VectorStore, threads: Threads, sizes: Sizes) -> None:
    where, searches = visible_to(ANYONE), Searches(store, threads, Metrics())

    async def together(query: DenseQuery) -> Sequence[Hit]:
        return await searches.find(COLLECTION, where, query)

    async def apart(query: DenseQuery) -> Sequence[Hit]:
        return (await threads.run(store.search, COLLECTION, Search(where, dense=query))).dense

    questions = [DenseQuery(vector, LIMIT) for vector in vectors(sizes.searches * TURNS, seed=2)]
    await _check_same(together, apart, questions[:ONE_BY_ONE])
    alone = await _rate(together, questions[:ONE_BY_ONE], at_once=1)
    rates = {
        "one at a time": alone,
        f"{APART_AT_ONCE} at once, each by a call of its own": await _rate(
            apart, questions[:ONE_BY_ONE], APART_AT_ONCE
        ),
        f"{sizes.searches} at once, together": await _rate(together, questions, sizes.searches),
    }
    print_table(
        f"Searches of {sizes.rows:,} rows of {DIMENSION} numbers, embedded, {LIMIT} hits each",
        ("", "searches/s", "times as many"),
        [(name, rate, rate / alone) for name, rate in rates.items()],
    )


async def _rate(find: Find, questions: Sequence[DenseQuery], at_once: int) -> float:
    """Ask all questions, so many at once, and return how many are answered a second."""
    waiting = iter(questions)

    async def ask() -> None:
        for question in waiting:
            await find(question)

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(at_once)))
    return len(questions) / (time.perf_counter() - started)


async def _check_same(together: Find, apart: Find, questions: Sequence[DenseQuery]) -> None:
    """Raise where a question finds other rows together than alone."""
    found = await asyncio.gather(*map(together, questions))
    for question, hits in zip(questions, found, strict=True):
        alone = [hit.row.id for hit in await apart(question)]
        if [hit.row.id for hit in hits] != alone:
            raise AssertionError(f"together {hits}, alone {alone}")


def filled_store(rows: int) -> VectorStore:
    """Return a store with rows of one tenant; it is filled once, and kept for the next run."""
    folder = CACHE / f"searches-{rows}"
    if not (folder / "filled").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        started = time.perf_counter()
        store = MilvusStore(str(folder / "milvus.db"))
        store.ensure_collection(CollectionSpec(COLLECTION, DIMENSION, IndexProfile.FAST, 16, 200))
        for batch in _batches(rows):
            store.upsert(COLLECTION, batch)
        store.close()
        (folder / "filled").touch()
        print(f"wrote {rows:,} rows in {time.perf_counter() - started:.0f} s", flush=True)
    return MilvusStore(str(folder / "milvus.db"))


def vectors(count: int, seed: int) -> Sequence[Sequence[float]]:
    """Return vectors of length one."""
    drawn = np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32)
    normal: list[list[float]] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).tolist()
    return normal


def _batches(rows: int) -> Iterator[list]:  # type: ignore[type-arg]
    for start in range(0, rows, ROWS_A_CALL):
        drawn = vectors(min(ROWS_A_CALL, rows - start), seed=1000 + start)
        yield [row(start + index, vector=vector) for index, vector in enumerate(drawn)]
