"""OpenAI's chat completions, with a knowledge base for a model, or a model server as it is."""

import time

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from kubelore.llm.openai_shaped import CHAT_PATH
from kubelore.resources.llm_server import LLMServer, Task
from kubelore_api.rag.cite_events import CitationCheck
from kubelore_api.rag.generate import ModelAnswer
from kubelore_api.rag.retrieve import Scope
from kubelore_api.routes.completion_objects import Head
from kubelore_api.routes.completion_request import CompletionRequest
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.direct_route import DirectRoute
from kubelore_api.routes.event_stream import EVENT_STREAM, HEADERS, ModelEvents, Stopwatch
from kubelore_api.routes.json_request import JsonRequest
from kubelore_api.routes.named_model import find_chat_model
from kubelore_api.routes.pass_through import pass_through
from kubelore_api.services import Services
from kubelore_api.sse import DONE, event

router = APIRouter(prefix="/v1/chat/completions", tags=["chat"], route_class=DirectRoute)


@router.post("", response_model=None)
async def create_chat_completion(
    http: JsonRequest, request: CompletionRequest, services: ServicesOf, caller: CallerOf
) -> Response:
    """Answer the user's last message from a knowledge base's documents, or pass the request on to a model server."""
    model = await find_chat_model(services, caller, request.model, request.retrieval.tuning())
    if isinstance(model, LLMServer):
        stopwatch = Stopwatch(services.metrics, time.perf_counter())
        services.metrics.rag_requests.labels(services.catalog.name_of(model), caller.tenant).inc()
        return await pass_through(http, services.models.endpoint(model, Task.CHAT), CHAT_PATH, stopwatch)
    conversation = request.conversation
    if request.stream:
        return await unless_client_leaves(http, _streamed(request, services, model))
    answer = await unless_client_leaves(http, services.rag.answer(model, conversation, request.parameters))
    return Response(orjson.dumps(Head(request.model).completion(answer)), media_type="application/json")


async def _streamed(request: CompletionRequest, services: Services, scope: Scope) -> Response:
    stopwatch = Stopwatch(services.metrics, time.perf_counter())
    head = Head(request.model)
    plan = await services.rag.plan(scope, request.conversation, request.parameters)
    sources = event(head.sources_chunk(plan.sources))
    if isinstance(plan, ModelAnswer):
        return ModelEvents(await plan.stream(), stopwatch, CitationCheck(len(plan.sources)), sources)
    stopwatch.end()
    chunks = map(event, head.ready_chunks(plan.text, with_usage=request.wants_usage))
    return Response(b"".join([*chunks, sources, DONE]), media_type=EVENT_STREAM, headers=HEADERS)
