import io

from rich.console import Console

from kubelore_cli.gateway_client.models import Answer, Source
from kubelore_cli.terminal.answer import describe, show_answer


def shown(answer: Answer) -> str:
    file = io.StringIO()
    show_answer(Console(file=file, width=80, markup=False, highlight=False), answer)
    return file.getvalue()


def test_an_answer_is_followed_by_its_numbered_sources() -> None:
    answer = Answer(
        answer="重试会写入同样的行。 [1]",
        sources=(
            Source(number=1, document="zh/ingest.md", heading_path="文档如何变成向量 > 为什么不会重复"),
            Source(number=2, document="codes.pdf", page=2, title="Codes"),
        ),
    )

    assert shown(answer) == (
        "重试会写入同样的行。 [1]\n\nSources\n"
        "  [1] zh/ingest.md (文档如何变成向量 > 为什么不会重复)\n  [2] codes.pdf, page 2 (Codes)\n"
    )


def test_an_answer_without_sources_says_so() -> None:
    assert shown(Answer(answer="I do not know.", sources=())).endswith("no sources\n")


def test_a_source_without_headings_is_its_document() -> None:
    assert describe(Source(number=1, document="a.txt")) == "a.txt"


def test_markup_in_an_answer_is_text() -> None:
    assert "[/red] [bold]" in shown(Answer(answer="[/red] [bold]", sources=()))
