import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.retry import retrying


class Failing:
    """Fails so many times before it succeeds."""

    def __init__(self, times: int, error: Exception) -> None:
        self.calls = 0
        self._times = times
        self._error = error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return "done"


PASSING = KubeloreError(ErrorCode.VECTOR_STORE_UNREACHABLE, "milvus")
LASTING = KubeloreError(ErrorCode.VECTOR_STORE_REFUSED, "milvus")


def test_what_may_succeed_later_is_repeated_until_it_does() -> None:
    call = Failing(3, PASSING)

    assert retrying(call, seconds=10, first_wait=0.001) == "done"
    assert call.calls == 4


@pytest.mark.parametrize("error", [LASTING, ValueError("a fault of ours")])
def test_what_a_retry_cannot_help_is_raised_at_once(error: Exception) -> None:
    call = Failing(1, error)

    with pytest.raises(type(error)):
        retrying(call, seconds=10)
    assert call.calls == 1


def test_when_the_time_is_up_the_last_error_is_raised_as_it_was() -> None:
    with pytest.raises(KubeloreError) as caught:
        retrying(Failing(10**9, PASSING), seconds=0.1, first_wait=0.001)

    assert caught.value is PASSING
