"""Finds and takes TCP ports."""

import errno
import socket

from kubelore.errors import ErrorCode, KubeloreError

LOOPBACK = "127.0.0.1"
_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes any free one.

    Raises KubeloreError PORT_IN_USE, or SETTINGS_INVALID for an address that isn't this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        code = ErrorCode.PORT_IN_USE if error.errno == errno.EADDRINUSE else ErrorCode.SETTINGS_INVALID
        raise KubeloreError(code, f"{host}:{port}", error.strerror or str(error)) from error
    return listener


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with listen(LOOPBACK, 0) as listener:
        return port_of(listener)


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    return int(listener.getsockname()[1])


def is_listening(port: int) -> bool:
    """Say whether a loopback port accepts connections."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
