"""What the gateway measures, in a registry of its own."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, start_http_server
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The counters and histograms of one gateway; none of their labels comes unchecked from a request."""

    def __init__(self) -> None:
        """Register everything anew."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.http_requests = Counter(
            "http_requests_total", "HTTP requests.", ("route", "method", "status"), registry=self._registry
        )
        self.rag_requests = Counter(
            "rag_requests_total", "Questions answered.", ("model", "tenant"), registry=self._registry
        )
        self.tokens = Counter(
            "rag_tokens_total", "Tokens read and written.", ("model", "tenant", "kind"), registry=self._registry
        )
        self.cache_requests = Counter(
            "cache_requests_total", "Questions to a cache.", ("cache", "outcome"), registry=self._registry
        )
        self.rag_seconds = self._histogram("rag_request_duration_seconds", "From a question to its whole answer.")
        self.first_token_seconds = self._histogram(
            "rag_time_to_first_token_seconds", "From a question to the first bytes of the model's answer."
        )
        self.search_seconds = self._histogram("vector_search_duration_seconds", "One call of the vector store.")
        self.embedding_seconds = self._histogram("query_embedding_duration_seconds", "The embedding of one question.")
        self.unknown_citations = Counter(
            "rag_unknown_citations_total", "Citations of sources that were not given.", registry=self._registry
        )
        self.rerank_seconds = self._histogram("rag_rerank_duration_seconds", "The reranking of one question's hits.")
        self.rerank_failures = Counter(
            "rag_rerank_failures_total",
            "Questions whose hits kept the order of retrieval: reranking failed.",
            registry=self._registry,
        )
        self.rewrite_failures = Counter(
            "rag_rewrite_failures_total", "Questions searched for as asked: rewriting failed.", registry=self._registry
        )

    def count_tokens(self, model: str, tenant: str, prompt: int, completion: int) -> None:
        """Count what an answer took; the model is one that answered."""
        for kind, number in (("prompt", prompt), ("completion", completion)):
            if number:
                self.tokens.labels(model, tenant, kind).inc(number)

    def count_cache(self, cache: str) -> Callable[[str], None]:
        """Return what counts whether a cache held what was asked for: `hit` or `miss`."""
        return lambda outcome: self.cache_requests.labels(cache, outcome).inc()

    def render(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve them from a thread, and return what stops it; raises OSError where the port can't be had."""
        server, thread = start_http_server(port, host, self._registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, registry=self._registry, buckets=_SECONDS)
