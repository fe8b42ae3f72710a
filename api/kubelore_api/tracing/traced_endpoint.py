"""A model server whose calls are told as spans."""

from collections.abc import AsyncIterator
from typing import Any

from opentelemetry.propagate import inject
from opentelemetry.trace import use_span

from kubelore.llm.endpoint import Endpoint, EndpointAnswer
from kubelore_api.tracing.model_call import ModelCall
from kubelore_api.tracing.spans import Spans


class TracedEndpoint(Endpoint):
    """Tells each call from its question to the last byte of its answer, and sends the trace along."""

    def __init__(self, spans: Spans, *args: Any) -> None:
        """Take what makes spans, and all that an endpoint takes."""
        super().__init__(*args)
        self._spans = spans

    def request_headers(self) -> dict[str, str]:
        """Send the span that is current, so that the server's own become its children."""
        headers = dict(super().request_headers())
        inject(headers)
        return headers

    async def post(self, path: str, body: bytes) -> EndpointAnswer:
        """Ask as any endpoint does."""
        call = ModelCall(self._spans, path, self.served, body)
        try:
            with use_span(call.span, record_exception=False, set_status_on_exception=False):
                return _TracedAnswer(await super().post(path, body), call)
        except BaseException as error:
            call.fail(error)
            raise


class _TracedAnswer(EndpointAnswer):
    """An answer that ends its call's span, however it is ended."""

    def __init__(self, answer: EndpointAnswer, call: ModelCall) -> None:
        super().__init__(answer.response, answer.endpoint)
        self._call = call

    async def read(self) -> bytes:
        """Return all of it."""
        try:
            body = await super().read()
        except BaseException as error:
            self._call.fail(error)
            raise
        self._call.read(body)
        self._call.end()
        return body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield bytes as they arrive; a client that leaves is no error of the model's."""
        try:
            async for data in super().__aiter__():
                self._call.read(data)
                yield data
        except Exception as error:
            self._call.fail(error)
            raise
        self._call.end()

    async def aclose(self) -> None:
        """Hang up."""
        await super().aclose()
        self._call.end()
