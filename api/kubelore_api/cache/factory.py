"""Decides which cache there is."""

from kubelore.settings import Settings
from kubelore_api.cache.interface import Cache
from kubelore_api.cache.memory import MemoryCache


def make_cache(settings: Settings) -> Cache | None:
    """Return the cache that the settings ask for: Redis, or one in this process, or none."""
    if not settings.cache_seconds and not settings.answer_cache_seconds:
        return None
    url = settings.redis.get_secret_value()
    if not url:
        return MemoryCache(settings.cache_bytes)
    from kubelore_api.cache.redis import RedisCache  # noqa: PLC0415 - its client is an extra's

    return RedisCache(url)
