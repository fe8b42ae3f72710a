import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import SAMPLE_BYTES
from kubelore.formats.formats import require_readable
from support.documents import make_docx, make_pdf

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8
PROGRAM = b"\x7fELF\x02\x01\x01" + b"\x00" * 9 + bytes(range(64)) * 8
DOCX = make_docx(lambda document: document.add_paragraph("words"))


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("report.pdf", make_pdf([["words"]])),
        ("renamed.txt", make_pdf([["words"]])),
        ("letter.docx", DOCX),
        ("notes", "Öffnungszeiten".encode()),
        ("说明.txt", "在 Docker 中安装".encode("gb18030")),
        ("utf-16.csv", "a,b\n1,2\n".encode("utf-16")),
        ("page.html", b"<p>words"),
        ("main.go", b"package main\n"),
        ("empty.md", b""),
    ],
)
def test_what_a_parser_reads_passes(name: str, head: bytes) -> None:
    require_readable(name, head)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("picture.png", PNG),
        ("picture.txt", PNG),
        ("picture.md", PNG),
        ("program", PROGRAM),
        ("program.py", PROGRAM),
        ("archive.zip", b"PK\x03\x04" + bytes(200)),
        ("archive.json", b"\x1f\x8b\x08\x00" + bytes(range(256)) * 4),
        ("song.mp3", b"ID3\x04\x00\x00"),
    ],
)
def test_what_no_parser_reads_is_refused_whatever_its_name_says(name: str, head: bytes) -> None:
    with pytest.raises(KubeloreError, match="no parser knows this type of file") as raised:
        require_readable(name, head)
    assert raised.value.code is ErrorCode.DOCUMENT_UNSUPPORTED


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "cp932"])
def test_a_text_that_is_cut_within_a_character_is_text(encoding: str) -> None:
    text = ("安全 Kubelore 日本文書、" * SAMPLE_BYTES).encode(encoding)
    for cut in range(SAMPLE_BYTES - 4, SAMPLE_BYTES):
        require_readable("cut.txt", text[:cut])
