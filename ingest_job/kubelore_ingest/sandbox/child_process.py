"""Runs a sandbox's child and talks to it without ever waiting for good."""

import os
import resource
import selectors
import subprocess
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from kubelore_ingest.sandbox.frames import LENGTH_BYTES, header, length_of
from kubelore_ingest.sandbox.patience import Patience

_TICK_SECONDS = 0.05
_READ_BYTES = 1 << 20
_KEPT_OUTPUT_BYTES = 8192
_INHERITED = ("LD_LIBRARY_PATH",)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""numpy else takes address space for as many threads as the node has cores, and there is a limit to that."""


class ChildDiedError(Exception):
    """The child ended, or closed its pipe, before it answered."""


class ReplyTooLargeError(Exception):
    """The child's answer is larger than it may be."""


class ChildProcess:
    """A fresh interpreter without our environment, in a session of its own so that a Ctrl-C doesn't reach it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._idle_bytes = self._most_bytes = 0
        self._output = bytearray()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_ONE_THREAD | {name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,
        )
        self._requests = _descriptor(self._process.stdin)
        self._replies = _descriptor(self._process.stdout)
        self._errors = _descriptor(self._process.stderr)
        for pipe in (self._requests, self._replies, self._errors):
            os.set_blocking(pipe, False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def output(self) -> str:
        """The last 8 KiB that it wrote to standard error."""
        return self._output.decode(errors="replace")

    @property
    def grown_bytes(self) -> int:
        """The address space that the last question was seen to cost it: it is looked at every 50 ms."""
        return self._most_bytes - self._idle_bytes

    def ask(self, frames: Iterable[bytes], patience: Patience, most_reply_bytes: int) -> bytes:
        """Send frames and return the one that answers them.

        `patience` is asked at least every 50 ms and raises to give up. Raises ChildDiedError and ReplyTooLargeError.
        """
        self._idle_bytes = self._most_bytes = _address_space(self.pid)
        outgoing = deque(memoryview(part) for frame in frames for part in (header(len(frame)), frame) if part)
        reply = _IncomingFrame(most_reply_bytes)
        with selectors.DefaultSelector() as ready:
            ready.register(self._replies, selectors.EVENT_READ)
            ready.register(self._errors, selectors.EVENT_READ)
            ready.register(self._requests, selectors.EVENT_WRITE)
            while not reply.is_complete:
                patience.check()
                self._transfer(ready, outgoing, reply)
                if reply.skip_signs_of_life():
                    patience.renew()
        return reply.payload

    def end(self, grace_seconds: float = 0) -> int:
        """Wait so long for it to end by itself, then kill it; return how it ended: a negative number is a signal."""
        if self._process.returncode is None:
            try:
                self._process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._read_errors()
            self._close_pipes()
        return int(self._process.returncode)

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def _transfer(self, ready: selectors.BaseSelector, outgoing: deque[memoryview], reply: "_IncomingFrame") -> None:
        events = ready.select(_TICK_SECONDS)
        if not events:
            self._most_bytes = max(self._most_bytes, _address_space(self.pid))
        for key, _ in events:
            if key.fd == self._replies:
                reply.add(self._read_reply())
            elif key.fd == self._requests and not self._send(outgoing):
                ready.unregister(self._requests)
            elif key.fd == self._errors and not self._read_errors():
                ready.unregister(self._errors)

    def _send(self, outgoing: deque[memoryview]) -> bool:
        """Send what the pipe takes; return whether anything is left."""
        if outgoing:
            try:
                sent = os.write(self._requests, outgoing[0])
            except BrokenPipeError:
                # The child reads no more; what it has to say of that, or that it ended, comes by the other pipe.
                return False
            rest = outgoing.popleft()[sent:]
            if rest:
                outgoing.appendleft(rest)
        return bool(outgoing)

    def _read_reply(self) -> bytes:
        piece = os.read(self._replies, _READ_BYTES)
        if not piece:
            raise ChildDiedError
        return piece

    def _read_errors(self) -> bool:
        """Keep the last of what it wrote; return whether more may come."""
        try:
            piece = os.read(self._errors, _READ_BYTES)
        except BlockingIOError:
            return True
        self._output = (self._output + piece)[-_KEPT_OUTPUT_BYTES:]
        return bool(piece)


class _IncomingFrame:
    """A frame that arrives in pieces."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._received = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece; raises ReplyTooLargeError."""
        self._received += piece
        if self._length > self._most_bytes:
            raise ReplyTooLargeError

    def skip_signs_of_life(self) -> bool:
        """Drop the empty frames that came before it; return whether there were any."""
        before = len(self._received)
        while len(self._received) >= LENGTH_BYTES and self._length == 0:
            del self._received[:LENGTH_BYTES]
        return len(self._received) < before

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there."""
        return self._length > 0 and len(self._received) >= LENGTH_BYTES + self._length

    @property
    def payload(self) -> bytes:
        """What it carries."""
        return bytes(self._received[LENGTH_BYTES : LENGTH_BYTES + self._length])

    @property
    def _length(self) -> int:
        return length_of(self._received[:LENGTH_BYTES]) if len(self._received) >= LENGTH_BYTES else 0


def _descriptor(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise ValueError("the child was started without this pipe")
    return pipe.fileno()


def _address_space(pid: int) -> int:
    """Return the bytes of address space of a process; 0 where the system doesn't tell, or it just ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize()
