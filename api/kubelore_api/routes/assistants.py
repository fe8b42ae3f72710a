"""A tenant's assistants."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.llm_server import Task
from kubelore_api.conversations.assistants import Assistant, Assistants, unknown_assistant
from kubelore_api.errors import RequestError
from kubelore_api.routes.dependencies import AdminOf, CallerOf, DatabaseOf, ServicesOf
from kubelore_api.services import Services

router = APIRouter(prefix="/v1/assistants", tags=["conversations"])


class AssistantList(BaseModel):
    """All of them."""

    data: list[Assistant]


@router.get("")
async def list_assistants(database: DatabaseOf, caller: CallerOf) -> AssistantList:
    """List the tenant's assistants."""
    return AssistantList(data=list(await Assistants(database).list(caller.tenant)))


@router.get("/{name}")
async def get_assistant(name: str, database: DatabaseOf, caller: CallerOf) -> Assistant:
    """Return one."""
    assistant = await Assistants(database).find(caller.tenant, name)
    if assistant is None:
        raise unknown_assistant(name)
    return assistant


@router.post("", status_code=HTTPStatus.CREATED)
async def create_assistant(
    assistant: Assistant, services: ServicesOf, database: DatabaseOf, caller: AdminOf
) -> Assistant:
    """Make one; its name is a model in chat completions from now on."""
    await _require_knowledge_bases(services, assistant)
    await _require_no_resource(services, assistant.name)
    await Assistants(database).create(caller.tenant, assistant)
    return assistant


@router.put("/{name}")
async def replace_assistant(
    name: str, assistant: Assistant, services: ServicesOf, database: DatabaseOf, caller: AdminOf
) -> Assistant:
    """Change one; it keeps its name."""
    if assistant.name != name:
        raise RequestError(ErrorCode.REQUEST_INVALID, "name", f"it must be {name[:128]}: make another one instead")
    await _require_knowledge_bases(services, assistant)
    await Assistants(database).replace(caller.tenant, assistant)
    return assistant


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
async def delete_assistant(name: str, database: DatabaseOf, caller: AdminOf) -> Response:
    """Delete one; conversations with it stay, and can't be gone on with."""
    await Assistants(database).delete(caller.tenant, name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _require_knowledge_bases(services: Services, assistant: Assistant) -> None:
    for name in assistant.knowledge_bases:
        await services.catalog.find_own(name, "knowledge_bases")


async def _require_no_resource(services: Services, name: str) -> None:
    """Raise ENTRY_CONFLICT where the name is a resource's, which would be the one that is asked."""
    try:
        await services.catalog.find_model(name, *Task)
    except KubeloreError as error:
        if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
            raise
        return
    raise KubeloreError(ErrorCode.ENTRY_CONFLICT, f"assistant {name}")
