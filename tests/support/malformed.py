"""Malformed files of every format, in classes: what a crawl of real folders brings, and what an attacker sends."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from io import BytesIO
from random import Random
from types import MappingProxyType
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from pptx.presentation import Presentation
from reportlab.lib.pdfencrypt import StandardEncryption

from support.documents import make_docx, make_epub, make_pdf, make_pptx, make_xlsx, make_zip, rewrite_zip

Files = Mapping[str, bytes]
"""Files by their names, which are unique within a class."""

MEBIBYTE = 1 << 20
_SHARES = (0.05, 0.3, 0.6, 0.9, 0.99)
_ZIPPED = ("docx", "pptx", "xlsx", "epub")
_MAIN_PARTS = {
    "docx": "word/document.xml",
    "pptx": "ppt/slides/slide1.xml",
    "xlsx": "xl/worksheets/sheet1.xml",
    "epub": "OEBPS/text/c0.xhtml",
}
_SYMLINK = 0o120777 << 16


@cache
def sound_files() -> Files:
    """Return a small sound file of every format, by its extension."""
    return {
        "pdf": make_pdf([["First page", "exam-", "ple"], ["第二页"]], bookmarks=[(0, "First page")]),
        "docx": make_docx(lambda document: document.add_heading("words", 2)),
        "pptx": make_pptx(_write_slide),
        "xlsx": make_xlsx(_write_rows),
        "epub": make_epub(["<h1>words</h1><p>more</p>"], {"c0": "One"}),
        "html": b"<html><title>x</title><h1>A</h1><table><tr><td>1</table><ul><li>x</ul><pre>y</pre>",
        "md": b"---\na: [1, 2]\n---\n# A\n\nwords `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "mdx": b'import x from "y"\n\n# A\n\n<Tab value="b">\n\n```js\nx\n```\n</Tab>',
        "csv": 'name,size\n"a, b",1\n磁盘,2\n'.encode(),
        "json": '{"title": "x", "nodes": [{"名": "a", "on": true}, {"size": 1.5}]}'.encode(),
        "py": b"class A(B):\n    def c(self): ...\n",
        "txt": "磁盘的状态 and words\n".encode("utf-16-le"),
    }


def truncated() -> Files:
    """Return files whose end is missing."""
    return {
        f"{share}.{kind}": data[: int(len(data) * share)] for kind, data in sound_files().items() for share in _SHARES
    }


def empty() -> Files:
    """Return files of nothing, of white space, and of NUL bytes."""
    contents = {"nothing": b"", "spaces": b" \n\t\r\n" * 10, "nul": bytes(2000)}
    return {f"{what}.{kind}": data for kind in sound_files() for what, data in contents.items()}


def wrongly_named() -> Files:
    """Return sound files under the extension of another format."""
    kinds = list(sound_files())
    return {
        f"really-{kind}.{other}": sound_files()[kind]
        for index, kind in enumerate(kinds)
        for other in (kinds[index - 1], kinds[index - 5], kinds[index - 7])
    }


def zip_bombs() -> Files:
    """Return archives that are small, and large or many once they are unpacked."""
    zeros = bytes(MEBIBYTE)
    files: dict[str, bytes] = {}
    for kind in _ZIPPED:
        files[f"large-part.{kind}"] = _with_large_entry(kind, "media/bomb.bin", zeros, 300)
        files[f"large-main-part.{kind}"] = _with_main_part(kind, lambda content: content + b" " * (40 * MEBIBYTE))
        files[f"many-parts.{kind}"] = _with_entries(kind, {f"part{index}.xml": b"" for index in range(3000)})
        files[f"zip-in-zip.{kind}"] = make_zip({"a.zip": make_zip({"b.zip": make_zip({"c": zeros})})})
    return files


def lying_sizes() -> Files:
    """Return archives whose directory names sizes that the entries do not have."""
    sizes = {"none": 0, "one-byte": 1, "all": 0xFFFFFFFE, "too-much": 250 * MEBIBYTE}
    return {
        f"{what}.{kind}": _with_declared_size(sound_files()[kind], size)
        for kind in _ZIPPED
        for what, size in sizes.items()
    }


def broken_directories() -> Files:
    """Return archives with a directory that is gone, leads elsewhere or names what isn't there."""
    files: dict[str, bytes] = {}
    for kind in _ZIPPED:
        data = sound_files()[kind]
        end = data.rindex(b"PK\x05\x06")
        files[f"no-end.{kind}"] = data[:end]
        files[f"end-alone.{kind}"] = b"PK\x03\x04" + data[end:]
        files[f"offset-wrong.{kind}"] = data[: end + 16] + struct.pack("<I", 7) + data[end + 20 :]
        files[f"count-wrong.{kind}"] = data[: end + 8] + b"\xff\xff\xff\xff" + data[end + 12 :]
        files[f"crc-wrong.{kind}"] = data.replace(struct.pack("<I", zlib.crc32(_main_part(kind))), b"\x01\x02\x03\x04")
        files[f"no-main-part.{kind}"] = make_zip({"[Content_Types].xml": b"<Types/>"})
    return files


def deeply_nested() -> Files:
    """Return files whose structure goes deeper than a stack does."""
    deep = 20_000
    blocks = {"div": "<div>", "list": "<ul><li>", "table": "<table><tr><td>", "quote": "<blockquote>", "b": "<b>"}
    marks = {"quotes": "> ", "brackets": "[", "stars": "*", "list": "- ", "images": "![", "backticks": "`a``"}
    files = {f"{what}.html": (opening * deep + "words").encode() for what, opening in blocks.items()}
    files |= {f"{what}.md": (mark * deep + "words").encode() for what, mark in marks.items()}
    files |= {f"{what}.mdx": (mark * deep).encode() for what, mark in {"tags": "<Tab>", "braces": "{"}.items()}
    files |= {
        f"{what}.json": (opening * deep * 5).encode() for what, opening in {"lists": "[", "keys": '{"a":'}.items()
    }
    files["closed.json"] = b"[" * deep + b"1" + b"]" * deep
    files["front-matter.md"] = b"---\na: " + b"[" * 8000 + b"]" * 8000 + b"\n---\nwords"
    files["parentheses.py"] = b"class A" + b"(" * deep
    files |= {
        f"main-part.{kind}": _with_main_part(kind, lambda content: _nested_in(content, b"<deep>", b"</deep>", deep))
        for kind in _ZIPPED
    }
    return files


def entity_expansion() -> Files:
    """Return XML that grows when its entities are expanded, or that reads files and addresses."""
    laughs = "".join(f'<!ENTITY l{index} "{f"&l{index - 1};" * 10}">' for index in range(1, 12))
    doctypes = {
        "laughs": f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY evil "&l11;">]>',
        "quadratic": f'<!DOCTYPE x [<!ENTITY evil "{"a" * 100_000}">]>',
        "file": '<!DOCTYPE x [<!ENTITY evil SYSTEM "file:///etc/passwd">]>',
        "address": '<!DOCTYPE x [<!ENTITY % remote SYSTEM "http://127.0.0.1:9/x.dtd">%remote;]>',
    }
    return {
        f"{what}.{kind}": _with_main_part(kind, partial(_with_doctype, doctype))
        for kind in _ZIPPED
        for what, doctype in doctypes.items()
    } | {f"{what}.html": f"{doctype}<html><p>{'&evil;' * 500}words".encode() for what, doctype in doctypes.items()}


def wrong_encodings() -> Files:
    """Return text that is in no encoding, in several, or in another than it declares."""
    chinese = "磁盘的状态和对象存储。" * 20
    bodies = {
        "cut": chinese.encode()[1:-1],
        "mixed": chinese.encode() + chinese.encode("gb18030") + chinese.encode("utf-16"),
        "odd-utf16": chinese.encode("utf-16")[:-1],
        "swapped-mark": b"\xff\xfe" + chinese.encode("utf-16-be"),
        "surrogates": b"\xed\xa0\x80\xed\xbf\xbf" * 50 + b"words",
        "overlong": b"\xc0\xaf\xe0\x80\xaf" * 50 + b"words",
        "high-bytes": bytes(range(128, 256)) * 20,
        "utf32-mark": b"\xff\xfe\x00\x00" + b"words!!",
        "controls": bytes(range(1, 32)) + b"words " * 100,
    }
    files = {f"{what}.{kind}": body for what, body in bodies.items() for kind in ("txt", "md", "csv", "json", "py")}
    for declared in ("utf-16", "big5", "no-such-encoding", "rot13", "hex", "idna"):
        files[f"{declared}.html"] = f'<meta charset="{declared}"><p>{chinese}'.encode()
    return files


def out_of_proportion() -> Files:
    """Return files with one part that is far larger than any that a person makes."""
    random = Random(1)  # noqa: S311 - the same files on every run
    return {
        "one-line.txt": b"x" * (4 * MEBIBYTE),
        "one-line.md": b"a" * MEBIBYTE + b"*" * MEBIBYTE,
        "many-lines.md": b"#\n" * 100_000,
        "many-lines.py": b"def a(): ...\n" * 50_000,
        "one-word.html": b"<p>" + b"x" * (4 * MEBIBYTE),
        "many-attributes.html": b"<p " + b" ".join(b"a%d=1" % index for index in range(8000)) + b">words",
        "comment.html": b"<!--" + b"<!-- " * 400_000,
        "many-columns.csv": b",".join([b"x"] * 200_000) + b"\n" + b"," * 200_000,
        "many-rows.csv": b"a,b\n" * 100_000,
        "number.json": b"[" + b"9" * MEBIBYTE + b"]",
        "text.json": b'["' + b"x" * (4 * MEBIBYTE) + b'"]',
        "key.json": b'{"' + b"k" * MEBIBYTE + b'": {"a": 1, "b": 2}}',
        "page.pdf": _pdf(page=b"/Parent 2 0 R /MediaBox [0 0 9e9 9e9]"),
        "page-inside-out.pdf": _pdf(page=b"/Parent 2 0 R /MediaBox [900 900 -900 -900]"),
        "text.pdf": _pdf(content=b"BT /F 12 Tf " + b"(words words) Tj 0 -1 Td " * 20_000 + b"ET"),
        "font.pdf": _pdf(content=b"BT /F 1e30 Tf (words) Tj ET"),
        "far-cell.xlsx": _with_main_part("xlsx", lambda content: content.replace(b'r="A2"', b'r="XFD1048576"')),
        "odd-cell.xlsx": _with_main_part("xlsx", lambda content: content.replace(b'r="A2"', b'r="ZZZZ99"')),
        "noise.pdf": b"%PDF-1.7\n" + random.randbytes(100_000),
    }


def cyclic_pdfs() -> Files:
    """Return PDFs whose objects refer to themselves or to each other without end."""
    return {
        "pages-own-kid.pdf": _pdf(pages=b"/Kids [2 0 R] /Count 1"),
        "pages-parent-kid.pdf": _pdf(pages=b"/Kids [3 0 R 2 0 R 3 0 R] /Count 99999999"),
        "page-own-parent.pdf": _pdf(page=b"/Parent 3 0 R"),
        "negative-count.pdf": _pdf(pages=b"/Kids [3 0 R] /Count -1"),
        "huge-count.pdf": _pdf(pages=b"/Kids [3 0 R] /Count 2147483647"),
        "contents-own.pdf": _pdf(page=b"/Parent 2 0 R /Contents [3 0 R 3 0 R]"),
        "form-in-itself.pdf": _pdf(
            content=b"/X Do",
            page=b"/Parent 2 0 R /Resources << /XObject << /X 4 0 R >> >>",
            stream=b"/Type /XObject /Subtype /Form",
        ),
        "length-own.pdf": _pdf(stream=b"/Length 4 0 R"),
        "outline-next.pdf": _pdf(catalog=b"/Pages 2 0 R /Outlines 5 0 R", more=_OUTLINE + b"/Next 6 0 R >> endobj\n"),
        "outline-first.pdf": _pdf(catalog=b"/Pages 2 0 R /Outlines 5 0 R", more=_OUTLINE + b"/First 6 0 R >> endobj\n"),
        "catalog-own-pages.pdf": _pdf(catalog=b"/Pages 1 0 R"),
        "previous-own.pdf": _pdf(trailer=b"/Prev 9"),
    }


def hostile_names() -> Files:
    """Return archives with entries whose names lead out of them, twice the same, and links."""
    names = {
        "up": "../../../../tmp/evil.xml",
        "absolute": "/etc/passwd",
        "backslash": "..\\..\\evil.xml",
        "drive": "C:\\evil.xml",
        "long": "a" * 60_000,
        "folders": "d/" * 5000 + "x",
    }
    files = {f"{what}.{kind}": _with_entries(kind, {name: b"x"}) for kind in _ZIPPED for what, name in names.items()}
    files |= {f"twice.{kind}": _with_entries(kind, {_MAIN_PARTS[kind]: b"<x/>"}) for kind in _ZIPPED}
    return files | {f"link.{kind}": _with_link(kind) for kind in _ZIPPED}


def odd_tables() -> Files:
    """Return tables with formulas, quotes and delimiters that no rule covers."""
    rows = {
        "formula": "a,b\n=1+1,@SUM(A1)\n=cmd|' /C calc'!A0,-2\n",
        "open-quote": 'a,b\n"never closed,1\n2,3\n',
        "quote-within": 'a,b\nx"y"z,"p"q"r"\n',
        "mixed": "a,b;c\td|e\n1;2,3\n4\t5|6\n",
        "carriage-returns": "a,b\r1,2\r3,4",
        "ragged": "a\nb,c,d\n\n,,,,\ne,f\n",
        "sep-alone": "sep=\n",
        "sep-quote": 'sep="\na"b\n',
        "nul": "a\0,b\0\n1,2\n",
        "same-names": "a,a,a\n1,2,3\n",
    }
    cells = {
        "formula": "<f>A1+</f>",
        "error": "<v>#REF!</v>",
        "style": "<v>1e999</v>",
        "text": '<is><t xml:space="x"/></is>',
    }
    sheets = {
        f"{what}.xlsx": _with_main_part("xlsx", partial(_with_cell, cell.encode())) for what, cell in cells.items()
    }
    return {f"{what}.csv": text.encode() for what, text in rows.items()} | sheets


def protected() -> Files:
    """Return files that need a password."""
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    files = {f"ole.{kind}": ole for kind in ("docx", "pptx", "xlsx")}
    files |= {f"flag.{kind}": _with_flag(sound_files()[kind], 0x1) for kind in _ZIPPED}
    files["user.pdf"] = make_pdf([["secret"]], encryption=StandardEncryption("password", "owner"))
    return files


CLASSES: tuple[Callable[[], Files], ...] = (
    *(truncated, empty, wrongly_named, zip_bombs, lying_sizes, broken_directories, deeply_nested, entity_expansion),
    *(wrong_encodings, out_of_proportion, cyclic_pdfs, hostile_names, odd_tables, protected),
)


@cache
def files_of(make: Callable[[], Files]) -> Files:
    """Return the files of a class, made once."""
    return make()


def mutations(data: bytes, random: Random, count: int) -> Iterator[bytes]:
    """Yield copies with some bytes changed, some cut out and some doubled."""
    for _ in range(count):
        copy = data
        for _ in range(random.choice([1, 5, 40])):
            place, length = random.randrange(len(copy)), random.randrange(50)
            piece = random.choice([b"", random.randbytes(1), copy[place : place + 2 * length]])
            copy = copy[:place] + piece + copy[place + (1 if len(piece) == 1 else length) :] or copy
        yield copy


def _write_slide(presentation: Presentation) -> None:
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "words", "one\ntwo"


def _write_rows(workbook: Workbook) -> None:
    for row in (["name", "size"], ["sda", 1], ["sdb", 2]):
        workbook.worksheets[0].append(row)


def _main_part(kind: str) -> bytes:
    with ZipFile(BytesIO(sound_files()[kind])) as archive:
        return archive.read(_MAIN_PARTS[kind])


def _with_main_part(kind: str, change: Callable[[bytes], bytes]) -> bytes:
    def rewrite(name: str, content: bytes) -> bytes:
        return change(content) if name == _MAIN_PARTS[kind] else content

    return rewrite_zip(sound_files()[kind], rewrite)


def _with_cell(cell: bytes, content: bytes) -> bytes:
    return content.replace(b"<v>1</v>", cell)


def _with_entries(kind: str, entries: Mapping[str, bytes]) -> bytes:
    file = BytesIO(sound_files()[kind])
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(ZipInfo(name), content)
    return file.getvalue()


def _with_large_entry(kind: str, name: str, piece: bytes, times: int) -> bytes:
    file = BytesIO(sound_files()[kind])
    with ZipFile(file, "a", ZIP_DEFLATED) as archive, archive.open(name, "w") as entry:
        for _ in range(times):
            entry.write(piece)
    return file.getvalue()


def _with_link(kind: str) -> bytes:
    link = ZipInfo(_MAIN_PARTS[kind])
    link.external_attr = _SYMLINK
    file = BytesIO()
    with ZipFile(BytesIO(sound_files()[kind])) as before, ZipFile(file, "w") as after:
        for name in before.namelist():
            if name != link.filename:
                after.writestr(name, before.read(name))
        after.writestr(link, "/etc/passwd")
    return file.getvalue()


def _with_declared_size(data: bytes, size: int) -> bytes:
    return _with_directory_field(data, 24, struct.pack("<I", size))


def _with_flag(data: bytes, flag: int) -> bytes:
    return _with_directory_field(data, 8, struct.pack("<H", flag))


def _with_directory_field(data: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip file with a field of every entry in its directory replaced."""
    copy, place = bytearray(data), data.find(b"PK\x01\x02")
    while place != -1:
        copy[place + offset : place + offset + len(value)] = value
        place = data.find(b"PK\x01\x02", place + 1)
    return bytes(copy)


def _nested_in(content: bytes, opening: bytes, closing: bytes, depth: int) -> bytes:
    end = content.rindex(b"</")
    return content[:end] + opening * depth + closing * depth + content[end:]


def _with_doctype(doctype: str, content: bytes) -> bytes:
    head, separator, rest = content.partition(b"?>")
    body = rest if separator else head
    end = body.rindex(b"</")
    declaration = head + separator if separator else b""
    return declaration + doctype.encode() + body[:end] + b"&evil;" * 500 + body[end:]


_OUTLINE = (
    b"5 0 obj << /First 6 0 R /Last 6 0 R /Count 1 >> endobj\n6 0 obj << /Title (a) /Parent 5 0 R /Dest [3 0 R /Fit] "
)


_SOUND_PDF: Mapping[str, bytes] = MappingProxyType(
    {
        "catalog": b"/Pages 2 0 R",
        "pages": b"/Kids [3 0 R] /Count 1",
        "page": b"/Parent 2 0 R /MediaBox [0 0 600 800]",
        "content": b"BT /F 12 Tf 72 720 Td (words) Tj ET",
        "stream": b"",
        "more": b"",
        "trailer": b"",
    }
)


def _pdf(**changes: bytes) -> bytes:
    """Write a PDF of one page by hand, parts of a sound one replaced."""
    part = {**_SOUND_PDF, **changes}
    font = b"/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    return b"".join(
        (
            b"%PDF-1.7\n1 0 obj << /Type /Catalog " + part["catalog"] + b" >> endobj\n",
            b"2 0 obj << /Type /Pages " + part["pages"] + b" >> endobj\n",
            b"3 0 obj << /Type /Page /Contents 4 0 R " + font + part["page"] + b" >> endobj\n",
            b"4 0 obj << /Length %d " % len(part["content"]) + part["stream"] + b" >> stream\n",
            part["content"] + b"\nendstream endobj\n" + part["more"],
            b"trailer << /Root 1 0 R " + part["trailer"] + b" >>\nstartxref\n9\n%%EOF\n",
        )
    )
