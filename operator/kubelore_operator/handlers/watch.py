"""Every event of every kind that matters, passed on as it comes."""

from typing import Any, Protocol

import kopf

from kubelore_operator.kinds import CHILDREN, RESOURCES


class Sink(Protocol):
    """Takes note of what was seen."""

    def saw(self, event: str | None, body: dict[str, Any]) -> None:
        """Take note of an object and of what happened to it; None stands for the initial listing."""
        ...


def register(registry: kopf.OperatorRegistry, sink: Sink) -> None:
    """Watch our own kinds and their children, as the pod's service account or else as the kubeconfig's user.

    kopf is given nothing to write.
    """
    kopf.on.login(registry=registry)(kopf.login_with_service_account)
    kopf.on.login(registry=registry)(kopf.login_with_kubeconfig)

    async def pass_on(event: kopf.RawEvent, **_: object) -> None:
        sink.saw(event["type"], dict(event["object"]))

    for kind in (*RESOURCES, *CHILDREN):
        kopf.on.event(kind.group, kind.version, kind.plural, id=kind.plural, registry=registry)(pass_on)
