import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.laptop.ports import LOOPBACK, free_port, is_listening, listen, port_of


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with listen(LOOPBACK, 0) as taken:
        with pytest.raises(KubeloreError, match=f"127.0.0.1:{port_of(taken)}: another program listens there") as raised:
            listen(LOOPBACK, port_of(taken))
        assert raised.value.code is ErrorCode.PORT_IN_USE
        assert "--port" in raised.value.message


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(KubeloreError, match=r"192\.0\.2\.1") as raised:
        listen("192.0.2.1", 0)
    assert raised.value.code is ErrorCode.SETTINGS_INVALID


def test_port_zero_takes_a_free_one() -> None:
    with listen(LOOPBACK, 0) as listener:
        assert is_listening(port_of(listener))


def test_a_free_port_is_free() -> None:
    assert not is_listening(free_port())


def test_a_host_that_is_no_address_is_refused() -> None:
    with pytest.raises(KubeloreError, match=r"no-such-host\.invalid"):
        listen("no-such-host.invalid", 0)
