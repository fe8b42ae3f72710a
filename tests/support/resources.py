"""Kubelore's resources in one namespace of an API server, and what is said of them there."""

from collections.abc import Callable

from kubelore.resources.base import API_VERSION
from support.cluster_api import Body, NamespaceApi
from support.processes import wait_until

_FINAL = {"COMPLETED", "FAILED"}


class NamespaceResources:
    """Creates resources, and waits for what an operator makes of them."""

    def __init__(self, api: NamespaceApi) -> None:
        self.api = api

    def create(self, kind: str, name: str, spec: Body) -> Body:
        """Create a resource and return it as it is stored."""
        return self.api.create({"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec})

    def status(self, kind: str, name: str) -> Body:
        """Return a resource's status."""
        body = self.api.get(kind, name) or {}
        status: Body = body.get("status") or {}
        return status

    def condition(self, kind: str, name: str, type_: str) -> Body:
        """Return one of a resource's conditions, or an empty one."""
        conditions = self.status(kind, name).get("conditions", ())
        return next((condition for condition in conditions if condition["type"] == type_), {})

    def wait_for_condition(
        self, kind: str, name: str, type_: str, status: str, reason: str | None = None, seconds: float = 30
    ) -> Body:
        """Return a condition once it has this status, and this reason if one is given."""

        def holds() -> bool:
            found = self.condition(kind, name, type_)
            return found.get("status") == status and reason in {None, found.get("reason")}

        what = f"{kind} {name}: {type_} is {status} {reason or ''}"
        self._wait(what, holds, seconds, lambda: self.condition(kind, name, type_))
        return self.condition(kind, name, type_)

    def wait_for_phase(self, task: str, phase: str, seconds: float = 30) -> Body:
        """Return a task's status once it is in this phase."""

        def holds() -> bool:
            found = self.status("IngestTask", task).get("phase")
            assert found == phase or found not in _FINAL, f"task {task} is {found}"
            return bool(found == phase)

        self._wait(f"task {task} is {phase}", holds, seconds, lambda: self.status("IngestTask", task))
        return self.status("IngestTask", task)

    def wait_until_gone(self, kind: str, name: str, seconds: float = 30) -> None:
        """Return once an object is no longer there."""
        wait_until(f"{kind} {name} is gone", lambda: self.api.get(kind, name) is None, seconds)

    @staticmethod
    def _wait(what: str, condition: Callable[[], bool], seconds: float, look: Callable[[], Body]) -> None:
        """Wait, and say in a failure what there is instead."""
        try:
            wait_until(what, condition, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {look()}") from error
