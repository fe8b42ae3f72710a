"""Passes connections on to a server on loopback, until it is closed: then the server is away for who came this way."""

import socket
import threading
from contextlib import suppress

_PART = 1 << 16


class Relay:
    """Listens on a free port; every connection takes two threads."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and cut those that there are."""
        with self._lock:
            self._closed = True
            cut, self._open = self._open, set()
        _shut(self._listener)
        for connection in cut:
            _shut(connection)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with self._lock:
                if self._closed:
                    _shut(near)
                    _shut(far)
                    return
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(_PART):
                sink.sendall(part)
        for end in (source, sink):
            _shut(end)
        with self._lock:
            self._open -= {source, sink}


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
