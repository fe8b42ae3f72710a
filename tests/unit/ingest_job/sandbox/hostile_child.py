"""A sandbox's child whose parser does to its process what a document's first word says."""

import ctypes
import os
import resource
import signal
import sys
import time

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.instructions import Instructions
from kubelore_ingest.sandbox.child import main

_KEPT: list[bytes] = []


def _hang(_argument: str) -> None:
    while True:
        time.sleep(3600)


def _spin(_argument: str) -> None:
    while True:
        pass


def _allocate(argument: str) -> None:
    _KEPT.append(b"x" * int(argument))


def _abort_without_memory(argument: str) -> None:
    _KEPT.append(b"x" * int(argument))
    time.sleep(0.3)
    os.abort()


def _read_null(_argument: str) -> None:
    ctypes.string_at(0)


def _exit(argument: str) -> None:
    os._exit(int(argument))


def _kill(argument: str) -> None:
    os.kill(os.getpid(), signal.Signals[argument])


def _fail(argument: str) -> None:
    raise RuntimeError(argument)


def _refuse(argument: str) -> None:
    raise KubeloreError(ErrorCode(argument), "anything", "d" * 1000)


def _print(argument: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.write("noise" * int(argument))
        stream.flush()
    os.write(1, b"\x00" * 100)


def _recurse(argument: str) -> None:
    _recurse(argument)


def _forge(_argument: str) -> None:
    """Answer past the protocol, as code that took the process over could."""
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, (5).to_bytes(8, "big") + b"false")
        except OSError:
            continue


def _read_pages(count: int, instructions: Instructions) -> None:
    """Read pages that keep the processor busy for half a second each."""
    for _ in range(count):
        end = time.process_time() + 0.5
        while time.process_time() < end:
            pass
        instructions.go_on()


_DEEDS = {
    "hang": _hang,
    "spin": _spin,
    "allocate": _allocate,
    "abort": _abort_without_memory,
    "null": _read_null,
    "exit": _exit,
    "kill": _kill,
    "fail": _fail,
    "refuse": _refuse,
    "print": _print,
    "recurse": _recurse,
    "forge": _forge,
}


def _facts() -> str:
    """Say what the process is and has."""
    limits = [resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_CORE, resource.RLIMIT_AS)]
    environment = ",".join(sorted(os.environ))
    return f"pid={os.getpid()} core={limits[0]} memory={limits[1]} environment={environment}"


def parse(data: bytes, name: str, instructions: Instructions) -> ParsedDocument:
    """Do what the document says, then return what is known of the process."""
    deed, _, argument = data.decode().partition(" ")
    if deed in _DEEDS:
        _DEEDS[deed](argument)
    if deed == "pages":
        _read_pages(int(argument), instructions)
    text = "x" * int(argument) if deed == "long" else _facts()
    return ParsedDocument(text=text, title=name)


if __name__ == "__main__":
    if "never-ready" in sys.argv:
        sys.exit(3)
    main(parse)
