import pytest

from kubelore.errors import ErrorCode
from support.documents import corpus_pages, parse, parse_code

CHINESE = "如何在集群中安装对象存储，并检查每一块磁盘的状态。"
TRADITIONAL = "如何在叢集中安裝物件儲存系統，並檢查每一個磁碟的狀態？請先閱讀說明，然後開始。"
JAPANESE = "クラスターにオブジェクトストレージをインストールし、すべてのディスクの状態を確認する方法。"
LATIN = "Le café naïve à Genève coûte 3 £ € déjà vu, señor!"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk", "utf-16-le", "utf-16-be"]
)
def test_chinese_text_reads_the_same_in_any_encoding(encoding: str) -> None:
    text = f"RustFS: {CHINESE}\n" + "plain ASCII lines about disks\n" * 5

    assert parse(text.encode(encoding), "notes.txt").text == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-16"])
def test_accented_text_is_not_taken_for_chinese(encoding: str) -> None:
    text = LATIN if encoding != "latin-1" else LATIN.replace("€", "")

    assert parse(text.encode(encoding), "notes.txt").text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "cp932"),
        (CHINESE, "gbk"),
        ("磁盘", "gbk"),
        ("RustFS cluster: " + TRADITIONAL[:12], "big5"),
    ],
)
def test_older_encodings_of_chinese_and_japanese_are_told_apart(text: str, encoding: str) -> None:
    assert parse(text.encode(encoding), "notes.txt").text == text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-8"])
def test_the_chinese_documentation_reads_the_same_in_any_encoding(encoding: str) -> None:
    pages = [path for path in corpus_pages() if "zh" in path.parts]

    for path in pages:
        text = path.read_text()
        assert parse(text.encode(encoding), "page.txt").text == text, path


@pytest.mark.parametrize(
    "text", ["Ein Häkchen für Größe.", "señor, ¿qué más?", "é", "Ångström", "façade à côté", "naïve Übermaß äöü ÄÖÜß"]
)
def test_a_short_latin_text_stays_latin(text: str) -> None:
    assert parse(text.encode("cp1252"), "notes.txt").text == text


def test_utf8_that_was_cut_within_a_character_keeps_all_the_others() -> None:
    assert parse((CHINESE * 3).encode()[:-1], "notes.txt").text == (CHINESE * 3)[:-1] + "\ufffd"


@pytest.mark.parametrize(
    "binary",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        bytes(range(32)) * 100,
        b"\x7fELF\x02\x01\x01" + b"\x00" * 400 + b"words",
        b"\x00" * 1000,
    ],
)
def test_binary_data_is_refused(binary: bytes) -> None:
    assert parse_code(binary, "notes.txt") is ErrorCode.DOCUMENT_UNSUPPORTED


def test_line_ends_are_made_one_and_unreadable_characters_go() -> None:
    assert parse(b"one\r\ntwo\rthree\x0cfour\xc2\x85five \x1b[1mbold\xef\xbf\xbf", "a.txt").text == (
        "one\ntwo\nthree\nfour\nfive [1mbold"
    )


def test_characters_are_not_composed_anew() -> None:
    decomposed = "e\u0301 ﬁ ①"

    assert parse(decomposed, "a.txt").text == decomposed


def test_text_that_holds_nothing_to_read_is_empty() -> None:
    assert parse_code("\ufeff \u3000\n".encode("utf-16"), "a.txt") is ErrorCode.DOCUMENT_EMPTY
