"""The id that a client follows a task by."""

import re
from dataclasses import dataclass

from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError

_FORM = re.compile(
    r"(?P<namespace>[a-z0-9-]{1,63})\.(?P<knowledge_base>[a-z0-9.-]{1,253})"
    r"\.(?P<task>[a-z0-9-]{1,253})\.(?P<uid>[A-Za-z0-9-]{1,64})"
)


@dataclass(frozen=True, slots=True)
class TaskId:
    """Says where a task is, and where its results are once it is gone: `<namespace>.<kb>.<task>.<uid>`.

    Only a knowledge base's name may hold dots: the names of the gateway's tasks hold none.
    """

    namespace: str
    knowledge_base: str
    task: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.knowledge_base}.{self.task}.{self.uid}"

    @classmethod
    def parse(cls, text: str) -> "TaskId":
        """Read an id; raises RESOURCE_NOT_FOUND for what can't be one."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise unknown_task(text)
        return cls(match["namespace"], match["knowledge_base"], match["task"], match["uid"])


def unknown_task(text: str) -> RequestError:
    """Return the error for a task that isn't there, or is another tenant's: the caller can't tell which."""
    return RequestError(ErrorCode.RESOURCE_NOT_FOUND, "task_id", subject=f"task {text[:200]}")
