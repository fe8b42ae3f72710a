import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pptx.presentation import Presentation

from kubelore.documents.reading import PdfReader, Reading
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.sandbox import ParserSandbox
from support.documents import corpus_pages, make_docx, make_epub, make_pdf, make_pptx, make_xlsx, parse
from support.processes import wait_until

HOSTILE = (sys.executable, "-I", str(Path(__file__).with_name("hostile_child.py")))
MEBIBYTE = 1 << 20


def hostile(
    *, seconds: float = 20, memory: int = 256 * MEBIBYTE, most_reply_bytes: int = MEBIBYTE, pages: int = 0
) -> ParserSandbox:
    """Return a sandbox whose child does what documents tell it; so many pages may take as long as a document."""
    reading = Reading(pdf_reader=PdfReader.OCR, max_scanned_pages=pages) if pages else Reading()
    return ParserSandbox(
        memory_bytes=memory, seconds=seconds, most_reply_bytes=most_reply_bytes, reading=reading, command=HOSTILE
    )


def refused(sandbox: ParserSandbox, data: bytes, name: str = "evil.txt") -> KubeloreError:
    """Return the error that a document ends with."""
    with pytest.raises(KubeloreError) as caught:
        sandbox.parse(data, name)
    return caught.value


def add_slide(presentation: Presentation) -> None:
    """Add a slide that has a title alone."""
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "标题"


def facts(sandbox: ParserSandbox) -> dict[str, str]:
    """Return what the child says of itself."""
    return dict(fact.split("=", 1) for fact in sandbox.parse(b"facts", "facts.txt").text.split(" "))


def is_gone(pid: int) -> bool:
    """Whether no process with this id runs; one that nobody has reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_documents_come_out_as_they_do_without_a_sandbox() -> None:
    files = {
        "a.md": b"---\ntitle: T\n---\n# One\n\ntext\n",
        "b.html": "<h1>标题</h1><p>词</p>".encode(),
        "c.pdf": make_pdf([["page"], ["第二页"]]),
        "d.docx": make_docx(lambda document: document.add_heading("H", 2)),
        "d.pptx": make_pptx(add_slide),
        "d.xlsx": make_xlsx(lambda workbook: workbook.active.append(["a", 1])),
        "d.epub": make_epub(["<h1>章</h1>"]),
        "d.csv": b"a,b\n1,2\n",
        "d.json": b'{"a": [1.50]}',
        "d.py": b"class A:\n    def b(self): ...\n",
        "e.txt": "😀 \ud800".encode(errors="surrogatepass") + b" odd",
    }

    with ParserSandbox() as sandbox:
        for name, data in files.items():
            assert sandbox.parse(data, name) == parse(data, name)


def test_one_child_serves_many_documents() -> None:
    with hostile() as sandbox:
        assert len({facts(sandbox)["pid"] for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.md", ErrorCode.DOCUMENT_EMPTY),
        (b"words", "a.xyz", ErrorCode.DOCUMENT_UNSUPPORTED),
        (b"words", "a.pdf", ErrorCode.DOCUMENT_BROKEN),
        (make_pdf([[]]), "a.pdf", ErrorCode.DOCUMENT_HAS_NO_TEXT),
    ],
)
def test_a_bad_document_fails_with_its_parsers_code_and_its_own_name(data: bytes, name: str, code: ErrorCode) -> None:
    with ParserSandbox() as sandbox:
        error = refused(sandbox, data, name)

    assert (error.code, error.subject) == (code, name)


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (b"hang", ErrorCode.PARSE_TIMEOUT),
        (b"spin", ErrorCode.PARSE_TIMEOUT),
        (b"allocate 2000000000", ErrorCode.PARSE_OUT_OF_MEMORY),
        (b"abort 200000000", ErrorCode.PARSE_OUT_OF_MEMORY),
        (b"kill SIGKILL", ErrorCode.PARSE_OUT_OF_MEMORY),
        (b"kill SIGXCPU", ErrorCode.PARSE_TIMEOUT),
        (b"long 2000000", ErrorCode.PARSE_OUT_OF_MEMORY),
        (b"null", ErrorCode.PARSE_CRASHED),
        (b"kill SIGABRT", ErrorCode.PARSE_CRASHED),
        (b"exit 0", ErrorCode.PARSE_CRASHED),
        (b"fail", ErrorCode.PARSE_CRASHED),
        (b"recurse", ErrorCode.PARSE_CRASHED),
        (b"forge", ErrorCode.PARSE_CRASHED),
        (b"refuse RESOURCE_INVALID", ErrorCode.PARSE_CRASHED),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_a_document_that_harms_its_process_fails_alone(deed: bytes, code: ErrorCode) -> None:
    with hostile(seconds=1.5 if code is ErrorCode.PARSE_TIMEOUT else 30) as sandbox:
        error = refused(sandbox, deed)

        assert (error.code, error.subject) == (code, "evil.txt")
        assert facts(sandbox)["pid"]


def test_what_a_library_prints_disturbs_nothing() -> None:
    with hostile() as sandbox:
        assert sandbox.parse(b"print 100000", "noisy.txt").title == "noisy.txt"
        assert facts(sandbox)["pid"]


def test_no_trace_and_no_content_reach_the_user_and_the_trace_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with hostile() as sandbox, caplog.at_level(logging.WARNING):
        error = refused(sandbox, b"fail a-secret")

    (record,) = caplog.records
    assert "in _fail" in record.__dict__["output"]
    assert record.__dict__["document"] == "evil.txt"
    assert "secret" not in error.message + record.__dict__["output"]
    assert "hostile_child" not in error.message


def test_a_parsers_detail_is_cut_to_what_a_message_holds() -> None:
    with hostile() as sandbox:
        assert len(refused(sandbox, b"refuse DOCUMENT_BROKEN").detail) == 200


def test_a_used_child_that_fails_is_replaced_and_the_document_tried_once_more() -> None:
    with hostile() as sandbox:
        before = facts(sandbox)["pid"]
        os.kill(int(before), signal.SIGKILL)

        assert facts(sandbox)["pid"] != before


def test_memory_that_an_earlier_document_left_behind_is_not_held_against_the_next() -> None:
    with hostile() as sandbox:
        sandbox.parse(b"allocate 150000000", "first.txt")

        assert sandbox.parse(b"allocate 150000000", "second.txt").title == "second.txt"


def test_the_child_has_limits_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBELORE_S3_SECRET_KEY", "very secret")
    with hostile(memory=300 * MEBIBYTE) as sandbox:
        child = facts(sandbox)

    assert child["core"] == "0"
    assert 300 * MEBIBYTE < int(child["memory"]) < 700 * MEBIBYTE
    assert "KUBELORE" not in child["environment"]


def test_parsing_stops_at_once_when_it_is_cancelled() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with hostile(seconds=60) as sandbox:
        child = int(facts(sandbox)["pid"])
        start = time.monotonic()
        with pytest.raises(KubeloreError) as caught:
            sandbox.parse(b"hang", "slow.txt", stop.is_set)

        assert caught.value.code is ErrorCode.CANCELLED
        assert time.monotonic() - start < 10
        assert is_gone(child)
        assert facts(sandbox)["pid"]


def test_closing_ends_the_child() -> None:
    with hostile() as sandbox:
        child = int(facts(sandbox)["pid"])

    assert is_gone(child)


@pytest.mark.parametrize("busy", [b"facts", b"hang", b"spin"])
def test_the_child_ends_with_its_parent_whatever_it_does(busy: bytes, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"""
from pathlib import Path
from kubelore_ingest.sandbox import ParserSandbox
sandbox = ParserSandbox(command={HOSTILE!r}, seconds=60)
Path({str(note)!r}).write_text(sandbox.parse(b"facts", "a.txt").text)
sandbox.parse({busy!r}, "b.txt")
import time
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_until("the parent has a child", lambda: note.exists() and note.read_text() != "")
        child = int(note.read_text().split(" ")[0].removeprefix("pid="))
    finally:
        parent.kill()
        parent.wait()

    wait_until("the child is gone", lambda: is_gone(child))


def test_a_child_that_does_not_start_is_an_error_of_ours_and_not_the_documents() -> None:
    sandbox = ParserSandbox(command=(*HOSTILE, "never-ready"))

    error = refused(sandbox, b"facts")

    assert error.code is ErrorCode.INTERNAL
    assert error.kind.retryable


def test_a_sandbox_works_in_any_thread() -> None:
    titles: list[str] = []
    with hostile() as sandbox:
        for name in ("0", "1", "2"):
            worker = threading.Thread(target=lambda name=name: titles.append(sandbox.parse(b"facts", name).title))
            worker.start()
            worker.join()
        child = facts(sandbox)["pid"]

    assert titles == ["0", "1", "2"]
    assert child


def test_a_page_that_needs_more_memory_than_allowed_fails_by_that_code() -> None:
    page = make_pdf([["word " * 40] * 20_000])

    with ParserSandbox(memory_bytes=100 * MEBIBYTE) as sandbox:
        assert refused(sandbox, page, "huge.pdf").code is ErrorCode.PARSE_OUT_OF_MEMORY
        assert refused(sandbox, b"<p>x</p>" * 500_000, "huge.html").code is ErrorCode.PARSE_OUT_OF_MEMORY
        assert sandbox.parse(b"words", "a.txt").text == "words"


def test_every_page_of_the_documentation_passes_the_sandbox() -> None:
    pages = corpus_pages()

    with ParserSandbox() as sandbox:
        assert all(sandbox.parse(path.read_bytes(), path.name).title for path in pages)


def test_a_page_that_took_long_gives_the_next_one_as_long() -> None:
    with hostile(seconds=1.5, pages=6) as sandbox:
        assert sandbox.parse(b"pages 6", "scan.pdf").title == "scan.pdf"


@pytest.mark.parametrize("pages", [0, 2])
def test_more_pages_than_may_take_long_do_not_keep_it_waiting_for_ever(pages: int) -> None:
    with hostile(seconds=1.5, pages=pages) as sandbox:
        assert refused(sandbox, b"pages 20").code is ErrorCode.PARSE_TIMEOUT
