"""Starts the model, and the gateways that pass chats on to it."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from environments import environment

from gateway.load import Target
from gateway.servers import LOAD_CORE, Server, running
from kubelore.clock import now
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from support.fake_gateway import serving
from support.processes import free_port

_HERE = Path(__file__).parent
_KEY = "sk-of-this-benchmark-and-of-nothing-else-0123456789"
_MODEL = "mock-model"
LITELLM = "litellm[proxy]"


@dataclass(frozen=True, slots=True)
class Contender:
    """A gateway that runs."""

    target: Target
    server: Server


@contextmanager
def mock_model(folder: Path, frames: int, frames_a_second: float) -> Iterator[Target]:
    """Run the model on the core of those who ask."""
    port = free_port()
    command = [sys.executable, str(_HERE / "mock_model.py"), str(port), str(frames), str(frames_a_second)]
    with running(command, port, folder / "model.log", LOAD_CORE):
        yield Target("the model itself", port, _MODEL)


@asynccontextmanager
async def kubelore(folder: Path, model: Target) -> AsyncIterator[Contender]:
    """Run Kubelore's gateway as in a cluster, with an API server that knows one model server."""
    port = free_port()
    async with serving({("GET", "/{path:.*}"): _resources(_url(model))}) as api:
        config = folder / "kubeconfig"
        config.write_text(json.dumps(_kubeconfig(api)))
        settings = {
            "KUBECONFIG": str(config),
            "KUBELORE_STATE_DIR": str(folder / "state"),
            "KUBELORE_PORT": str(port),
            "KUBELORE_GATEWAY_API_KEY": _KEY,
        }
        program = str(Path(sys.executable).with_name("kubelore-api"))
        with running([program], port, folder / "kubelore.log", env=settings) as server:
            yield Contender(Target("Kubelore", port, "writer", _KEY), server)


@asynccontextmanager
async def sdk_route(folder: Path, model: Target) -> AsyncIterator[Contender]:
    """Run the route of FastAPI and the OpenAI SDK."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(_HERE), "--port", str(port), "sdk_route:app"]
    with running(command, port, folder / "sdk.log", env={"MODEL_URL": _url(model)}) as server:
        yield Contender(Target("FastAPI and the OpenAI SDK", port, _MODEL), server)


@asynccontextmanager
async def litellm(folder: Path, model: Target) -> AsyncIterator[Contender]:
    """Run LiteLLM's proxy."""
    port, config = free_port(), folder / "litellm.yaml"
    parameters = {"model": f"openai/{_MODEL}", "api_base": _url(model), "api_key": "none"}
    config.write_text(json.dumps({"model_list": [{"model_name": _MODEL, "litellm_params": parameters}]}))
    program = str(environment("litellm", [LITELLM]) / "litellm")
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    settings = {
        "LITELLM_MASTER_KEY": _KEY,
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with running(command, port, folder / "litellm.log", env=settings) as server:
        yield Contender(Target("LiteLLM", port, _MODEL, _KEY), server)


def _url(model: Target) -> str:
    return f"http://127.0.0.1:{model.port}/v1"


def _resources(model_url: str):  # noqa: ANN202 - an aiohttp handler
    ready = make_condition(ConditionType.READY, status=True, reason=Reason.READY, message="", generation=1, now=now())
    server = {
        "apiVersion": "kubelore.io/v1alpha1",
        "kind": "LLMServer",
        "metadata": {"name": "writer", "namespace": "default"},
        "spec": {
            "engine": "external",
            "serves": ["chat"],
            "model": {"name": _MODEL},
            "external": {"baseURL": model_url},
        },
        "status": {"endpoint": model_url, "conditions": [ready.model_dump(mode="json", by_alias=True)]},
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"items": [server] if request.path.endswith("/llmservers") else []})

    return answer


def _kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "x", "cluster": {"server": url.rstrip("/")}}],
        "users": [{"name": "x", "user": {"token": "none"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
