"""What the gateway's spans are called and what they carry.

The names are those of OpenTelemetry's semantic conventions for databases and for generative AI, the latter of which are
still in development (https://github.com/open-telemetry/semantic-conventions-genai).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from kubelore.errors import KubeloreError
from kubelore.vectorstore.interface import Hit

OPERATION = "gen_ai.operation.name"
MODEL = "gen_ai.request.model"
ERROR_TYPE = "error.type"


class Spans:
    """Makes the spans of one gateway; `with_contents` says whether they carry what was asked and answered."""

    def __init__(self, tracer: Tracer, *, are_on: bool = False, with_contents: bool = False) -> None:
        """Take what makes spans; where they are not on, it makes none."""
        self.tracer = tracer
        self.are_on = are_on
        self.with_contents = with_contents

    @contextmanager
    def retrieval(self, source: str, tenant: str, questions: Sequence[str]) -> Iterator[Span]:
        """Stand around the search of a knowledge base for questions, from their embedding to their reranking."""
        attributes: dict[str, AttributeValue] = {
            OPERATION: "retrieval",
            "gen_ai.data_source.id": source,
            "kubelore.tenant": tenant,
        }
        if self.with_contents:
            attributes["gen_ai.retrieval.query.text"] = "\n".join(questions)
        with self._span(f"retrieval {source}", SpanKind.INTERNAL, attributes) as span:
            yield span

    def note_hits(self, span: Span, hits: Sequence[Hit]) -> None:
        """Say what a retrieval found: how much, and with contents which documents."""
        span.set_attribute("kubelore.retrieval.hits", len(hits))
        if self.with_contents:
            found = [{"id": hit.row.document_id, "score": hit.score} for hit in hits]
            span.set_attribute("gen_ai.retrieval.documents", json.dumps(found))

    @contextmanager
    def embedding(self, model: str) -> Iterator[Span]:
        """Stand around the embedding of one question."""
        with self._span(f"embeddings {model}", SpanKind.CLIENT, {OPERATION: "embeddings", MODEL: model}) as span:
            yield span

    @contextmanager
    def vector_search(self, collection: str) -> Iterator[Span]:
        """Stand around one search of the vector store."""
        attributes = {
            "db.system.name": "milvus",
            "db.operation.name": "search",
            "db.collection.name": collection,
        }
        with self._span(f"search {collection}", SpanKind.CLIENT, attributes) as span:
            yield span

    @contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue]) -> Iterator[Span]:
        with self.tracer.start_as_current_span(
            name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                note_error(span, error)
                raise


NO_SPANS = Spans(NoOpTracer())
"""Makes none."""


def note_error(span: Span, error: BaseException) -> None:
    """Mark a span as failed, by the error's code; its words may hold what was asked."""
    span.set_attribute(ERROR_TYPE, error.code if isinstance(error, KubeloreError) else type(error).__name__)
    span.set_status(StatusCode.ERROR)
