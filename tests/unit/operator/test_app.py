import kopf

from kubelore_operator.app import kopf_settings
from kubelore_operator.handlers import watch
from kubelore_operator.kinds import CHILDREN, RESOURCES
from kubelore_operator.settings import OperatorSettings


class Seen:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[str | None, dict[str, object]]] = []

    def saw(self, event: str | None, body: dict[str, object]) -> None:
        self.events.append((event, body))


def registered() -> tuple[kopf.OperatorRegistry, Seen]:
    registry, seen = kopf.OperatorRegistry(), Seen()
    watch.register(registry, seen)
    return registry, seen


def test_kopf_is_asked_to_watch_and_to_do_nothing_that_it_would_write_down() -> None:
    registry, _ = registered()

    assert len(registry._watching.get_all_handlers()) == len(RESOURCES) + len(CHILDREN)
    for others in (registry._changing, registry._spawning, registry._indexing):
        assert others.get_all_handlers() == []


async def test_an_event_is_passed_on_as_it_is_and_answered_with_nothing() -> None:
    registry, seen = registered()
    handler = registry._watching.get_all_handlers()[0]

    answer = await handler.fn(event={"type": "ADDED", "object": {"kind": "LLMServer"}}, memo=None)  # type: ignore[call-arg,misc] - kopf passes more

    assert answer is None
    assert seen.events == [("ADDED", {"kind": "LLMServer"})]


def test_only_our_own_children_are_watched() -> None:
    selectors = kopf_settings(OperatorSettings()).watching.label_selectors

    assert len(selectors) == len(CHILDREN)
    assert set(selectors.values()) == {"app.kubernetes.io/managed-by=kubelore"}


def test_kopf_keeps_to_names_of_ours_and_needs_no_peering() -> None:
    settings = kopf_settings(OperatorSettings())

    assert settings.persistence.finalizer == "kopf.kubelore.io/finalizer"
    assert settings.peering.standalone
    assert not settings.posting.enabled


def test_without_cluster_rights_kopf_does_not_look_for_namespaces() -> None:
    assert kopf_settings(OperatorSettings(watch_namespaces=("team-a",))).scanning.disabled
    assert not kopf_settings(OperatorSettings()).scanning.disabled
