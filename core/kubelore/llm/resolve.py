"""Decides which chat model a knowledge base uses, from the resources alone."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import DEFAULT_CONTEXT_LENGTH, ChatConfig
from kubelore.resources.llm_server import LLMServer, Task


def resolve_chat(server: LLMServer) -> ChatConfig:
    """Return the chat model that an LLMServer serves.

    Raises KubeloreError RESOURCE_INVALID (it serves no chat) or RESOURCE_NOT_READY.
    """
    subject = f"LLMServer {server.metadata.namespace}/{server.metadata.name}"
    if Task.CHAT not in server.spec.serves:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, subject, "spec.serves does not hold chat")
    if server.status.endpoint is None or not server.status.is_true("Ready"):
        raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, subject)
    return ChatConfig(
        server=subject,
        model=server.spec.model.name,
        base_url=server.status.endpoint,
        context_length=server.spec.context_length or DEFAULT_CONTEXT_LENGTH,
    )
