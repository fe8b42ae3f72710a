"""The route that passes chats on to a model, as FastAPI's and the OpenAI SDK's documentation show it.

Usage: MODEL_URL=... uvicorn sdk_route:app
"""

import os
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI, AsyncStream

app = FastAPI()
client = AsyncOpenAI(base_url=os.environ["MODEL_URL"], api_key="none")


@app.post("/v1/chat/completions", response_model=None)
async def create_chat_completion(body: dict[str, Any]) -> object:
    """Ask the model as the client asked."""
    answer = await client.chat.completions.create(**body)
    if isinstance(answer, AsyncStream):
        return StreamingResponse(_events(answer), media_type="text/event-stream")
    return answer


async def _events(stream: AsyncStream[Any]) -> AsyncIterator[str]:
    async for chunk in stream:
        yield f"data: {chunk.model_dump_json()}\n\n"
    yield "data: [DONE]\n\n"
