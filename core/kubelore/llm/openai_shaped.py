"""A chat model behind an OpenAI-shaped endpoint."""

import json

from kubelore.llm.endpoint import Endpoint, EndpointAnswer
from kubelore.llm.interface import ChatCompletion, ChatRequest, ChatStream

CHAT_PATH = "chat/completions"
EVENT_STREAM = "text/event-stream"


class OpenAIShapedChat:
    """Speaks to one model."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the endpoint that serves the model."""
        self._endpoint = endpoint

    @property
    def context_length(self) -> int:
        """The most tokens of a conversation with its answer."""
        return self._endpoint.served.context_length

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        """Return the whole answer."""
        body = await (await self._post(request, stream=False)).read()
        try:
            payload = json.loads(body)
            text = payload["choices"][0]["message"].get("content") or ""
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._endpoint.refused("its answer is no chat completion") from error
        return ChatCompletion(text=text, payload=payload)

    async def stream(self, request: ChatRequest) -> ChatStream:
        """Return the answer's stream, once the model has accepted the request."""
        answer = await self._post(request, stream=True)
        if answer.content_type != EVENT_STREAM:
            await answer.aclose()
            raise self._endpoint.refused(f"it answered with {answer.content_type}, not with an event stream")
        return answer

    async def _post(self, request: ChatRequest, *, stream: bool) -> EndpointAnswer:
        model = self._endpoint.served.model
        body = {**request.parameters, "model": model, "messages": request.messages, "stream": stream}
        return await self._endpoint.post(CHAT_PATH, json.dumps(body).encode())
