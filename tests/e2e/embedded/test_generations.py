"""A knowledge base is cut and embedded anew while it is asked questions."""

from collections.abc import Callable

import pytest

from kubelore.documents.layout import Layout
from kubelore_ingest.kept_rows import read_rows
from support.asking import Asking
from support.corpus import put_corpus
from support.http import Reply, post
from support.laptop import Laptop
from support.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAGES = "en/installation/**/*.md*"
LAYOUT = Layout("default", "rustfs")
QUESTIONS = ("How do I install RustFS in Docker", "如何在 Docker 中安装 RustFS", "Which port does the console use?")
SECONDS = 600

TASK = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: pages}
spec: {knowledgeBaseRef: {name: rustfs}, source: {prefix: {prefix: docs/}}}
"""


def base(size: int, passage_prefix: str = "", generations: str = "{}") -> str:
    return f"""
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {{name: rustfs}}
spec:
  embedding: {{builtin: all-MiniLM-L6-v2, passagePrefix: "{passage_prefix}"}}
  chunking: {{size: {size}, overlap: 0}}
  generations: {generations}
"""


def asking_at(url: str) -> Asking[Reply]:
    """Ask one question after the other."""

    def ask(number: int) -> Reply:
        question = QUESTIONS[number % len(QUESTIONS)]
        return post(f"{url}/v1/vector_stores/rustfs/search", {"query": question, "max_num_results": 5})

    return Asking(ask)


def quoted(reply: Reply) -> set[str]:
    """Return what an answer quoted."""
    return {part["text"] for hit in reply.json["data"] for part in hit["content"]}


def texts_of(laptop: Laptop, generation: int) -> set[str]:
    """Read the chunks that a generation keeps."""
    kept = [read_rows(laptop.objects.get(info.key)) for info in laptop.objects.list(LAYOUT.chunks_of(generation))]
    return {row.chunk_text for document in kept if document is not None for row in document.rows}


def until_answered_by(asking: Asking[Reply], is_next: Callable[[set[str]], bool]) -> None:
    """Wait until the present answers are of another generation, and a few more have come."""
    wait_until(
        "the next generation answers", lambda: bool(asking.answers) and is_next(quoted(asking.answers[-1])), SECONDS
    )
    seen = len(asking.answers)
    wait_until("a few more answers have come", lambda: len(asking.answers) >= seen + 10, SECONDS)


def test_questions_are_answered_by_one_whole_generation_or_the_other_while_it_is_built_and_taken_back(
    laptop: Laptop,
) -> None:
    put_corpus(laptop.objects, PAGES)
    laptop.write("base", base(128))
    laptop.write("task", TASK)
    laptop.start()
    laptop.until_it_says("IngestTask pages: completed", SECONDS)
    with asking_at(laptop.url).going_on() as asking:
        laptop.write("base", base(256, passage_prefix="passage: "))
        laptop.until_it_says("of generation 2", SECONDS)
        first, second = texts_of(laptop, 1), texts_of(laptop, 2)
        until_answered_by(asking, lambda texts: not texts <= first)

        laptop.write("base", base(256, passage_prefix="passage: ", generations="{active: 1}"))
        until_answered_by(asking, lambda texts: not texts <= second)

    assert len(second) < len(first)
    assert {reply.status for reply in asking.answers} == {200}
    answers = [quoted(reply) for reply in asking.answers]
    assert all(answers)
    assert [texts for texts in answers if not texts <= first and not texts <= second] == []
