"""What the chart allows whom."""

import pytest

from support.helm import STORES, Helm, Manifest, of_kind


@pytest.fixture(scope="module")
def manifests(helm: Helm) -> list[Manifest]:
    return helm.template(STORES)


def rules(manifests: list[Manifest], kind: str, name: str) -> list[Manifest]:
    """Return the rules of a role."""
    (role,) = (role for role in of_kind(manifests, kind) if role["metadata"]["name"] == name)
    found: list[Manifest] = role["rules"]
    return found


def test_no_role_holds_a_wildcard(manifests: list[Manifest]) -> None:
    for role in of_kind(manifests, "Role", "ClusterRole"):
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], role["metadata"]["name"]


def test_the_operator_may_not_read_secrets_nor_enter_pods(manifests: list[Manifest]) -> None:
    resources = {
        resource for rule in rules(manifests, "ClusterRole", "kubelore-operator") for resource in rule["resources"]
    }
    assert not resources & {"secrets", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "nodes/proxy"}
    assert not any(resource.startswith(("role", "clusterrole")) for resource in resources)


def test_a_worker_may_report_its_progress_and_nothing_else(manifests: list[Manifest]) -> None:
    assert rules(manifests, "Role", "kubelore-ingest") == [
        {
            "apiGroups": ["kubelore.io"],
            "resources": ["ingesttasks/status", "knowledgebases/status"],
            "verbs": ["patch"],
        }
    ]


def test_the_gateway_changes_nothing_but_makes_and_cancels_tasks(manifests: list[Manifest]) -> None:
    verbs = {
        (resource, verb)
        for rule in rules(manifests, "Role", "kubelore-gateway")
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if verb not in {"get", "list", "watch"}
    }
    assert verbs == {("ingesttasks", "create"), ("ingesttasks", "delete")}
