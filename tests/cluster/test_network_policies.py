"""NetworkPolicies are enforced: what none allows does not arrive."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support.cluster import RunningCluster
from support.pods import pod, service, web_server
from testcluster.errors import ClusterError

pytestmark = pytest.mark.cluster

_SECONDS_UNTIL_REFUSED = 1
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), {}).close()"
DNS = {
    "to": [{"namespaceSelector": {}}],
    "ports": [{"protocol": "UDP", "port": 1053}, {"protocol": "TCP", "port": 1053}],
}


@dataclass(frozen=True, slots=True)
class Town:
    """A namespace `home` with the pods `web`, `friend` and `stranger`, and a namespace `away` with `visitor`."""

    cluster: RunningCluster
    home: str
    away: str

    def policy(self, **spec: Any) -> None:
        """Put one policy in the place of the one before."""
        rules = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]} | spec
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": rules}
        self.cluster.apply(policy | {"metadata": {"name": "rules", "namespace": self.home}})

    def no_policy(self) -> None:
        """Remove it."""
        self.cluster.kubectl("delete", "networkpolicy", f"--namespace={self.home}", "--all")

    def address(self, name: str) -> str:
        """A pod's address."""
        address: str = self.cluster.get(self.home, "pod", name)["status"]["podIP"]
        return address

    def api_server(self) -> str:
        """The address of the API server's Service."""
        address: str = self.cluster.get("default", "service", "kubernetes")["spec"]["clusterIP"]
        return address

    def reaches(self, name: str, host: str | None = None, port: int = 8080) -> bool:
        """Tell whether a pod can connect to `web`, or to another host."""
        namespace = self.away if name == "visitor" else self.home
        command = ("python3", "-c", _CONNECT.format(_SECONDS_UNTIL_REFUSED), host or self.address("web"), str(port))
        try:
            self.cluster.kubectl("exec", f"--namespace={namespace}", name, "--", *command)
        except ClusterError:
            return False
        return True

    def becomes_closed_to(self, name: str, host: str | None = None, port: int = 8080) -> bool:
        """Wait until a pod cannot connect; raises ClusterError when it still can."""
        self.cluster.wait_for(f"{name} is kept out", lambda: not self.reaches(name, host, port), 10)
        return True


@pytest.fixture(scope="module")
def built_town(cluster: RunningCluster) -> Iterator[Town]:
    with cluster.namespace() as home, cluster.namespace(town="away") as away:
        cluster.apply(
            web_server("web", home),
            service("web", home),
            pod("friend", home, labels={"role": "friend"}),
            pod("stranger", home),
            pod("visitor", away, labels={"role": "friend"}),
        )
        for namespace in (home, away):
            cluster.kubectl("wait", f"--namespace={namespace}", "pod", "--all", "--for=condition=Ready")
        yield Town(cluster, home, away)


@pytest.fixture
def town(built_town: Town) -> Iterator[Town]:
    built_town.no_policy()
    built_town.cluster.wait_for("the town is open", lambda: built_town.reaches("stranger"), 10)
    yield built_town
    built_town.no_policy()


def test_without_a_policy_everybody_gets_through(town: Town) -> None:
    assert town.reaches("friend")
    assert town.reaches("visitor")


def test_a_policy_without_rules_keeps_everybody_out(town: Town) -> None:
    town.policy()
    assert town.becomes_closed_to("friend")
    assert not town.reaches("visitor")


def test_a_denied_pod_still_passes_its_probes(town: Town) -> None:
    town.policy()
    assert town.becomes_closed_to("friend")
    town.cluster.wait_for_condition(town.home, "pod/web", "Ready")


def test_the_way_through_a_service_is_closed_too(town: Town) -> None:
    town.policy()
    assert town.becomes_closed_to("friend", "web", 80)


def test_a_pod_selector_lets_in_pods_of_its_own_namespace_alone(town: Town) -> None:
    town.policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"role": "friend"}}}]}])
    assert town.becomes_closed_to("stranger")
    assert town.reaches("friend")
    assert town.reaches("friend", "web", 80)
    assert not town.reaches("visitor")


def test_a_namespace_selector_lets_in_all_pods_of_that_namespace(town: Town) -> None:
    town.policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"town": "away"}}}]}])
    assert town.becomes_closed_to("friend")
    assert town.reaches("visitor")


def test_both_selectors_of_one_peer_must_hold(town: Town) -> None:
    both = {"namespaceSelector": {"matchLabels": {"town": "away"}}, "podSelector": {"matchLabels": {"role": "enemy"}}}
    town.policy(ingress=[{"from": [both]}])
    assert town.becomes_closed_to("visitor")


@pytest.mark.parametrize("port", [8080, "http"])
def test_a_rule_for_a_port_opens_it(town: Town, port: int | str) -> None:
    town.policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}], "ports": [{"port": port}]}])
    assert town.becomes_closed_to("stranger")
    assert town.reaches("friend")


def test_a_rule_for_another_port_opens_nothing(town: Town) -> None:
    town.policy(ingress=[{"ports": [{"port": 9090, "endPort": 9099}]}])
    assert town.becomes_closed_to("friend")


def test_a_range_of_ports_opens_all_in_it(town: Town) -> None:
    town.policy(
        ingress=[
            {"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}], "ports": [{"port": 8000, "endPort": 8100}]}
        ]
    )
    assert town.becomes_closed_to("stranger")
    assert town.reaches("friend")


def test_an_address_block_lets_in_all_but_its_exceptions(town: Town) -> None:
    block = {"cidr": "10.0.0.0/8", "except": [f"{town.address('stranger')}/32"]}
    town.policy(ingress=[{"from": [{"ipBlock": block}]}])
    assert town.becomes_closed_to("stranger")
    assert town.reaches("friend")


def test_a_pod_that_may_go_nowhere_reaches_neither_pods_nor_the_api_server(town: Town) -> None:
    assert town.reaches("friend", town.api_server(), 443)
    town.policy(podSelector={"matchLabels": {"app": "friend"}}, policyTypes=["Egress"])
    assert town.becomes_closed_to("friend")
    assert not town.reaches("friend", town.api_server(), 443)
    assert town.reaches("stranger")


@pytest.mark.parametrize("port", [8080, "http"])
def test_a_pod_goes_only_where_its_egress_rules_lead(town: Town, port: int | str) -> None:
    to_web = {"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": port}]}
    town.policy(podSelector={"matchLabels": {"app": "friend"}}, policyTypes=["Egress"], egress=[to_web, DNS])
    assert town.becomes_closed_to("friend", town.api_server(), 443)
    assert town.reaches("friend")
    assert town.reaches("friend", "web", 80)


def test_policies_add_up(town: Town) -> None:
    town.policy()
    more = {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}],
    }
    metadata = {"name": "more", "namespace": town.home}
    town.cluster.apply(
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": more}
    )
    assert town.becomes_closed_to("stranger")
    town.cluster.wait_for("the friend gets through", lambda: town.reaches("friend"), 10)


def test_a_pod_is_closed_from_its_first_moment(town: Town) -> None:
    town.policy(podSelector={}, policyTypes=["Egress"])
    assert town.becomes_closed_to("friend")
    attempts = (
        "import socket\n"
        "for attempt in range(20):\n"
        "    try: socket.create_connection(({!r}, 8080), 0.1); print('through')\n"
        "    except OSError: pass\n"
    ).format(town.address("web"))
    assert not town.cluster.run_pod(pod("newcomer", town.home, ("python3", "-c", attempts)))


def test_a_pod_that_may_go_somewhere_gets_through_at_its_first_attempt(town: Town) -> None:
    town.policy(podSelector={}, policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}])
    assert town.becomes_closed_to("friend", town.api_server(), 443)
    attempt = ("python3", "-c", _CONNECT.format(0.5), town.address("web"), "8080")
    assert not town.cluster.run_pod(pod("prompt", town.home, attempt))
