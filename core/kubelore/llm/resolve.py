"""Decides where a model server is asked, from the resource alone."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import DEFAULT_CONTEXT_LENGTH, ServedModel
from kubelore.resources.llm_server import LLMServer, Task


def resolve_served(server: LLMServer, task: Task) -> ServedModel:
    """Return the model that an LLMServer serves for a task.

    Raises KubeloreError RESOURCE_INVALID (it doesn't serve it) or RESOURCE_NOT_READY.
    """
    subject = f"LLMServer {server.metadata.namespace}/{server.metadata.name}"
    if task not in server.spec.serves:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, subject, f"spec.serves does not hold {task}")
    if server.status.endpoint is None or not server.status.is_true("Ready"):
        raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, subject)
    return ServedModel(
        server=subject,
        model=server.spec.model.name,
        base_url=server.status.endpoint,
        context_length=server.spec.context_length or DEFAULT_CONTEXT_LENGTH,
    )
