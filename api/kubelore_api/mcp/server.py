"""The protocol's side of the tools; imported at the first request, because the SDK takes a second."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar, cast

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.requests import Request

from kubelore.errors import KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.mcp.tools import LONGEST_QUERY, MOST_RESULTS, Document, Results, Tools
from kubelore_api.services import Services

T = TypeVar("T")

_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = "Searches the documents of knowledge bases. Search first, then fetch a document to read all of it."


def make_session_manager() -> StreamableHTTPSessionManager:
    """Return what answers the protocol over HTTP: each request by itself, in JSON, so that any replica can.

    Foreign pages are kept out by the gateway's own middleware, which knows its callers.
    """
    return StreamableHTTPSessionManager(
        app=_server()._lowlevel_server,  # noqa: SLF001 - the SDK's own way to it needs an application of its own
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def _server() -> MCPServer:
    server = MCPServer("Kubelore", instructions=_INSTRUCTIONS)

    @server.tool(annotations=_READ_ONLY)
    async def search(
        context: Context,
        query: Annotated[str, Field(min_length=1, max_length=LONGEST_QUERY, description="What is looked for.")],
        knowledge_base: Annotated[str | None, Field(max_length=400, description="Default: the only one.")] = None,
        max_results: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = 10,
    ) -> Results:
        """Find the passages of documents that fit a question best."""
        return await _shown(_tools(context).search(query, knowledge_base, max_results))

    @server.tool(annotations=_READ_ONLY)
    async def fetch(
        context: Context,
        id: Annotated[str, Field(max_length=700, description="From a search.")],  # noqa: A002 - the convention's name
    ) -> Document:
        """Read a whole document."""
        return await _shown(_tools(context).fetch(id))

    return server


def _tools(context: Context) -> Tools:
    request = cast("Request", context.request_context.request)
    return Tools(cast("Services", request.app.state.services), cast("Caller", request.state.caller))


async def _shown(work: Awaitable[T]) -> T:
    """Return the result, or the error as a model can read it."""
    try:
        return await work
    except KubeloreError as error:
        raise ToolError(error.message) from error
