"""The program of a sandbox's child: reads documents from standard input and answers on standard output."""

import faulthandler
import os
import select
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.reading import Reading
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.instructions import Instructions
from kubelore_ingest.parsers.registry import parser_for
from kubelore_ingest.sandbox.frames import READY, STILL_AT_IT, read_frame, write_frame
from kubelore_ingest.sandbox.limits import MemoryLimit, allow_processor_seconds, forbid_core_dumps
from kubelore_ingest.sandbox.messages import LONGEST_DETAIL, ParseFailure, Reply

Parse = Callable[[bytes, str, Instructions], ParsedDocument]

_OUT_OF_MEMORY = Reply(failure=ParseFailure(code=ErrorCode.PARSE_OUT_OF_MEMORY)).model_dump_json().encode()
_MAY_BE_MEMORY = frozenset({ErrorCode.DOCUMENT_BROKEN, ErrorCode.PARSE_CRASHED})


def parse_document(data: bytes, name: str, instructions: Instructions) -> ParsedDocument:
    """Parse a document by the format that it is in."""
    return parser_for(name, data).parse(data, name, instructions)


def main(parse: Parse = parse_document) -> None:
    """Answer until standard input ends.

    The arguments are the seconds that it may be silent, the bytes that it may grow by, and how it is to read.
    """
    seconds, growth, reading = float(sys.argv[1]), int(sys.argv[2]), Reading.model_validate_json(sys.argv[3])
    requests, replies = _take_pipes()
    faulthandler.enable()
    forbid_core_dumps()
    threading.Thread(target=_end_with_the_sandbox, args=(replies.fileno(),), daemon=True).start()
    memory = MemoryLimit(growth)
    instructions = _instructions(reading, seconds, replies)
    write_frame(replies, READY)
    while (name := read_frame(requests)) is not None:
        allow_processor_seconds(seconds)
        try:
            data = read_frame(requests) or b""
            reply = _parse(partial(parse, data, name.decode(), instructions), memory)
            write_frame(replies, reply.model_dump_json(exclude_none=True).encode())
        except MemoryError:
            # What is left of this process is not to be trusted with another document.
            write_frame(replies, _OUT_OF_MEMORY)
            return


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for the sandbox alone: what a library prints goes to standard error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _end_with_the_sandbox(replies: int) -> None:
    """End the process when nobody reads its replies any more, whatever the main thread is doing."""
    hung_up = select.poll()
    hung_up.register(replies, 0)
    hung_up.poll()
    os._exit(1)


def _instructions(reading: Reading, seconds: float, replies: BinaryIO) -> Instructions:
    """Say how to read; after a part that took long, the next has as much time, here and where the answer is awaited."""

    def go_on() -> None:
        allow_processor_seconds(seconds)
        write_frame(replies, STILL_AT_IT)

    return Instructions(reading, go_on)


def _parse(parse: Callable[[], ParsedDocument], memory: MemoryLimit) -> Reply:
    try:
        return Reply(document=parse())
    except KubeloreError as error:
        failure = ParseFailure(code=error.code, detail=error.detail[:LONGEST_DETAIL])
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a document makes a library raise is that document's failure
        _print_where(error)
        failure = ParseFailure(code=ErrorCode.PARSE_CRASHED)
    if failure.code in _MAY_BE_MEMORY and memory.was_near():
        raise MemoryError
    return Reply(failure=failure)


def _print_where(error: Exception) -> None:
    """Print where an error arose, without its message, which may quote the document."""
    sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__ + "\n")


if __name__ == "__main__":
    main()
