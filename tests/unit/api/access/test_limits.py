import pytest

from kubelore.settings import Settings
from kubelore_api.access.caller import Caller
from kubelore_api.access.limits import Limits
from kubelore_api.errors import RateLimitedError

ANN = Caller("acme", subject="ann")
NAMELESS = Caller("default")
HERE, THERE = "10.0.0.1", "10.0.0.2"


async def test_after_too_many_tokens_the_next_question_waits() -> None:
    limits = Limits(Settings(tokens_per_minute=100))
    await limits.admit(ANN, HERE)
    await limits.charge(ANN, HERE, 5000)
    with pytest.raises(RateLimitedError, match="100 tokens a minute") as caught:
        await limits.admit(ANN, THERE)
    assert 1 <= caught.value.retry_after <= 60


async def test_only_so_many_answers_are_waited_for_at_once() -> None:
    limits = Limits(Settings(concurrent_requests=2))
    with limits.at_once(ANN, HERE):
        with limits.at_once(ANN, HERE), pytest.raises(RateLimitedError), limits.at_once(ANN, THERE):
            pass
        with limits.at_once(ANN, HERE):
            pass


async def test_callers_without_a_name_are_told_apart_by_their_addresses() -> None:
    limits = Limits(Settings(requests_per_minute=1))
    await limits.admit(NAMELESS, HERE)
    await limits.admit(NAMELESS, THERE)
    with pytest.raises(RateLimitedError):
        await limits.admit(NAMELESS, HERE)


async def test_without_limits_nothing_is_counted() -> None:
    limits = Limits(Settings())
    for _ in range(50):
        await limits.admit(ANN, HERE)
        await limits.admit_address(HERE)
