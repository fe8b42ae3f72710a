"""OpenAI's embeddings, by a model server, or as a knowledge base embeds its documents."""

import base64
import time
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kubelore.embedding.interface import Embedder, Vectors
from kubelore.errors import ErrorCode
from kubelore.llm.endpoint import Endpoint
from kubelore.resources.llm_server import Task
from kubelore_api.errors import RequestError
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.direct_route import DirectRoute
from kubelore_api.routes.event_stream import Stopwatch
from kubelore_api.routes.json_request import JsonRequest
from kubelore_api.routes.pass_through import pass_through

router = APIRouter(prefix="/v1/embeddings", tags=["models"], route_class=DirectRoute)

EMBEDDINGS_PATH = "embeddings"
MOST_TEXTS = 2048


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class EmbeddingsRequest(BaseModel):
    """Texts to embed; every other parameter goes to the model server as it is."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"model": "handbook", "input": ["When does the office open?"]}}
    )

    model: str = Field(
        max_length=400, description="An LLMServer that serves embedding, or a knowledge base: `name`, `namespace/name`."
    )
    input: Annotated[
        list[Any],
        Field(min_length=1, max_length=MOST_TEXTS),
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    ]
    encoding_format: Literal["float", "base64"] = "float"

    @property
    def texts(self) -> list[str]:
        """The texts; raises RequestError for token ids, which only the model server can make sense of."""
        if not all(isinstance(text, str) for text in self.input):
            raise RequestError(ErrorCode.REQUEST_INVALID, "input", "this model takes texts")
        return self.input


@router.post("", response_model=None)
async def create_embeddings(
    http: JsonRequest, request: EmbeddingsRequest, services: ServicesOf, _caller: CallerOf
) -> Response:
    """Embed texts as passages are embedded."""
    model = await services.catalog.find_model(request.model, Task.EMBEDDING)
    embedder = await services.models.embedding(model)
    if isinstance(embedder, Endpoint):
        return await pass_through(http, embedder, EMBEDDINGS_PATH, Stopwatch(services.metrics, time.perf_counter()))
    vectors = await unless_client_leaves(http, services.threads.run(embedder.embed_passages, request.texts))
    return Response(orjson.dumps(_embeddings(request, embedder, vectors)), media_type="application/json")


def _embeddings(request: EmbeddingsRequest, embedder: Embedder, vectors: Vectors) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, request.encoding_format)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "data": data, "model": embedder.model, "usage": usage}


def _encoded(vector: Vectors, encoding_format: str) -> Any:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode() if encoding_format == "base64" else vector.tolist()
