"""A gateway over HTTP that answers as the test says, for what the real one can't be made to do on purpose."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class FakeGateway:
    """Keeps what was uploaded; a document's task ends after so many looks, as its name says.

    `bad` documents fail, `large` ones are refused, and all others come in.
    """

    looks_until_done: int = 2
    uploads: dict[str, bytes] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    at_work: int = 0
    most_at_work: int = 0

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take a document in."""
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        if "large" in file.filename:
            return refused(413, "SOURCE_TOO_LARGE", f"{file.filename}: larger than allowed")
        self.uploads[file.filename] = file.file.read()
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        return web.json_response(
            {"id": f"default.kb.{len(self.uploads)}.{file.filename.replace('/', '|')}"}, status=202
        )

    async def task_status(self, request: web.Request) -> web.StreamResponse:
        """Say how far a task is."""
        task_id = request.match_info["task_id"]
        self.looks[task_id] = self.looks.get(task_id, 0) + 1
        if self.looks[task_id] < self.looks_until_done:
            return web.json_response(_status(task_id, "PROCESSING"))
        self.at_work -= 1
        return web.json_response(_status(task_id, "FAILED" if "bad" in task_id else "COMPLETED"))


def refused(status: int, code: str, message: str) -> web.Response:
    """Refuse a request as the gateway does."""
    return web.json_response({"error": {"message": message, "code": code, "param": "file"}}, status=status)


@asynccontextmanager
async def serving(routes: dict[tuple[str, str], Handler]) -> AsyncIterator[str]:
    """Serve the routes on loopback, and yield the address."""
    app = web.Application()
    for (method, path), handler in routes.items():
        app.router.add_route(method, path, handler)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@asynccontextmanager
async def serving_gateway(gateway: FakeGateway) -> AsyncIterator[str]:
    """Serve a gateway's uploads and tasks."""
    routes: dict[tuple[str, str], Handler] = {
        ("POST", "/v1/files"): gateway.upload,
        ("GET", "/task-status/{task_id}"): gateway.task_status,
    }
    async with serving(routes) as url:
        yield url


def _status(task_id: str, phase: str) -> dict[str, object]:
    failed = phase == "FAILED"
    failure = {
        "document": task_id,
        "component": "parse",
        "code": "DOCUMENT_BROKEN",
        "retryable": False,
        "message": f"{task_id}: the file is damaged",
    }
    return {
        "task_id": task_id,
        "status": phase,
        "documents": {"total": 1, "failed": int(failed), "skipped": int("same" in task_id)},
        "chunks": 0 if failed else 3,
        "failures": [failure] if failed else [],
    }
