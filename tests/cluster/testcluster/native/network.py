"""A cluster's network namespace, its link to the host, and the host's routes into it.

The namespace has no default route: nothing in a cluster needs one, and with one the kubelet would try a
registry for an image that was not loaded.
"""

import json
from ipaddress import IPv4Network

from testcluster.native.plan import ClusterPlan
from testcluster.shell import run, succeeds


def create_network(plan: ClusterPlan) -> None:
    """Make the namespace, the link and the routes."""
    addresses, link = plan.addresses, _host_link(plan.name)
    inside = ("ip", "-n", plan.name)
    run("ip", "netns", "add", plan.name)
    run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", plan.name)
    run("ip", "addr", "add", f"{addresses.host}/{addresses.link.prefixlen}", "dev", link)
    run("ip", "link", "set", link, "up")
    run(*inside, "addr", "add", f"{addresses.node}/{addresses.link.prefixlen}", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")
    run(*inside, "link", "set", "lo", "up")
    for destination in (addresses.pods, addresses.services):
        run("ip", "route", "add", str(destination), "via", str(addresses.node))


def remove_network(name: str) -> None:
    """Remove what `create_network` made for the cluster `name`; its routes go with the link."""
    if succeeds("ip", "link", "show", _host_link(name)):
        run("ip", "link", "delete", _host_link(name))
    if name in _namespaces():
        run("ip", "netns", "delete", name)


def processes_in(name: str) -> list[int]:
    """The ids of all processes in the network namespace `name`; none when there is no such namespace."""
    return [int(pid) for pid in run("ip", "netns", "pids", name).split()] if name in _namespaces() else []


def routed_networks() -> list[IPv4Network]:
    """The ranges that the host has routes to, other than the default route."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all"))
    return [IPv4Network(route["dst"]) for route in routes if route["dst"] != "default"]


def _namespaces() -> list[str]:
    return [line.split()[0] for line in run("ip", "netns", "list").splitlines()]


def _host_link(name: str) -> str:
    """A link's name has at most 15 characters."""
    return f"kl-{name.removeprefix('kubelore-')}"
