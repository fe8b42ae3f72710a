"""Decides what is remembered of answered questions."""

from typing import TypeVar

from kubelore.objectstore.interface import ObjectStore
from kubelore.settings import Settings
from kubelore_api.cache.fresh_values import Codec, FreshValues
from kubelore_api.cache.interface import Cache
from kubelore_api.cache.revisions import Revisions
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.remembered import AnswerCodec, Memory, RankingCodec
from kubelore_api.threads import Threads

V = TypeVar("V")


def make_memory(
    settings: Settings, cache: Cache | None, objects: ObjectStore, models: Models, threads: Threads, metrics: Metrics
) -> Memory:
    """Remember rankings and answers for as long as the settings say; without a cache, nothing."""
    if cache is None:
        return Memory(models)
    revisions = Revisions(objects)

    def values(name: str, codec: Codec[V], seconds: int) -> FreshValues[V] | None:
        if not seconds:
            return None
        note = metrics.count_cache(name)
        return FreshValues(cache=cache, seconds=seconds, revisions=revisions, codec=codec, threads=threads, note=note)

    return Memory(
        models,
        rankings=values("ranking", RankingCodec(), settings.cache_seconds),
        answers=values("answer", AnswerCodec(), settings.answer_cache_seconds),
    )
