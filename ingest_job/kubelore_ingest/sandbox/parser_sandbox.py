"""Parses documents in a child process, and says by code what became of those that it couldn't parse."""

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.reading import PdfReader, Reading
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.instructions import BY_DEFAULT
from kubelore_ingest.sandbox.child_process import ChildDiedError, ChildProcess, ReplyTooLargeError
from kubelore_ingest.sandbox.frames import READY
from kubelore_ingest.sandbox.messages import CHILD_FAULTS, DOCUMENT_FAULTS, Reply
from kubelore_ingest.sandbox.patience import Patience, never

_LOGGER = logging.getLogger(__name__)

CHILD = (sys.executable, "-I", "-m", "kubelore_ingest.sandbox.child")
"""The child's program; it gets the seconds a document and the bytes it may grow by as arguments."""

_SECONDS_TO_START = 60.0
_SECONDS_TO_DIE = 5.0
_NEAR = 0.5


class ParserSandbox:
    """A child process that parses one document after the other; for one thread at a time.

    It starts with the first document, and anew after one that killed it or that it was killed for. A document that
    fails so in a used child is tried once more in a fresh one: it fails only for what is its own.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 1 << 30,
        seconds: float = 120.0,
        most_reply_bytes: int = 64 << 20,
        reading: Reading = BY_DEFAULT.reading,
        command: Sequence[str] = CHILD,
    ) -> None:
        """Limit each document to `seconds`, and the child to `memory_bytes` of address space over what it starts with.

        A page that text recognition reads has `seconds` of its own. `most_reply_bytes` bounds the parsed text, as JSON.
        """
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._most_reply_bytes = most_reply_bytes
        self._most_pages = reading.max_scanned_pages if reading.pdf_reader is PdfReader.OCR else 0
        self._command = (*command, str(seconds), str(memory_bytes), reading.to_json())
        self._child: ChildProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def parse(self, data: bytes, name: str, cancelled: Callable[[], bool] = never) -> ParsedDocument:
        """Parse a document; `name` decides its format where its content doesn't, and stands in messages.

        `cancelled` is asked at least every 50 ms. Raises KubeloreError PARSE_TIMEOUT, PARSE_OUT_OF_MEMORY,
        PARSE_CRASHED, CANCELLED, a DOCUMENT code, or INTERNAL where no child can be started.
        """
        was_used = self._child is not None
        try:
            return self._parse_once(data, name, cancelled)
        except KubeloreError as error:
            if not was_used or error.code not in CHILD_FAULTS:
                raise
        return self._parse_once(data, name, cancelled)

    def _parse_once(self, data: bytes, name: str, cancelled: Callable[[], bool]) -> ParsedDocument:
        child, self._child = self._child or self._started(), None
        is_sound = False
        try:
            document = self._ask(child, data, name, cancelled)
            is_sound = True
        except KubeloreError as error:
            is_sound = error.code in DOCUMENT_FAULTS
            raise
        finally:
            if is_sound:
                self._child = child
            else:
                self._give_up(child, name)
        return document

    def _ask(self, child: ChildProcess, data: bytes, name: str, cancelled: Callable[[], bool]) -> ParsedDocument:
        patience = Patience(name, self._seconds, self._most_pages, cancelled)
        try:
            reply = child.ask((name.encode(errors="replace"), data), patience, self._most_reply_bytes)
        except ReplyTooLargeError as error:
            detail = f"its text is larger than {self._most_reply_bytes} bytes"
            raise KubeloreError(ErrorCode.PARSE_OUT_OF_MEMORY, name, detail) from error
        except ChildDiedError as error:
            raise KubeloreError(self._cause_of_death(child), name) from error
        return _document(reply, name)

    def _started(self) -> ChildProcess:
        child = ChildProcess(self._command)
        try:
            child.ask((), Patience("parser process", _SECONDS_TO_START), most_reply_bytes=len(READY))
        except (ChildDiedError, ReplyTooLargeError, KubeloreError) as error:
            self._give_up(child, "")
            raise KubeloreError(ErrorCode.INTERNAL, "parser process", "it doesn't start") from error
        return child

    def _cause_of_death(self, child: ChildProcess) -> ErrorCode:
        """Tell it from the signal, else from the memory that was seen in use: an allocator that gets none aborts."""
        status = child.end(_SECONDS_TO_DIE)
        if status == -signal.SIGXCPU:
            return ErrorCode.PARSE_TIMEOUT
        # Only the kernel, when the whole container is out of memory, kills a child that this process did not.
        if status == -signal.SIGKILL or child.grown_bytes >= self._memory_bytes * _NEAR:
            return ErrorCode.PARSE_OUT_OF_MEMORY
        return ErrorCode.PARSE_CRASHED

    @staticmethod
    def _give_up(child: ChildProcess, document: str) -> None:
        status = child.end()
        _LOGGER.warning(
            "a parser process was ended", extra={"document": document, "status": status, "output": child.output}
        )


def _document(payload: bytes, name: str) -> ParsedDocument:
    try:
        reply = Reply.model_validate_json(payload)
    except ValidationError as error:
        raise KubeloreError(ErrorCode.PARSE_CRASHED, name) from error
    if reply.document is not None:
        return reply.document
    if reply.failure is None or reply.failure.code not in DOCUMENT_FAULTS | CHILD_FAULTS:
        raise KubeloreError(ErrorCode.PARSE_CRASHED, name)
    raise KubeloreError(reply.failure.code, name, reply.failure.detail)
