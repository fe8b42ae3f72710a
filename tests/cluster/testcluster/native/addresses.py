"""The addresses of one cluster, counted from its number, so that several run side by side on one machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from testcluster.errors import ClusterError

_NUMBERS = range(32)
_FIRST_PODS = IPv4Network("10.244.0.0/21")
_FIRST_SERVICES = IPv4Network("10.96.0.0/21")
_FIRST_LINK = IPv4Network("10.245.0.0/30")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Three ranges, and what stands at fixed places in them."""

    number: int

    @property
    def pods(self) -> IPv4Network:
        """The range of the pods' addresses."""
        return _moved(_FIRST_PODS, self.number)

    @property
    def services(self) -> IPv4Network:
        """The range of the Services' addresses."""
        return _moved(_FIRST_SERVICES, self.number)

    @property
    def link(self) -> IPv4Network:
        """The range of the link between the host and the node."""
        return _moved(_FIRST_LINK, self.number)

    @property
    def host(self) -> IPv4Address:
        """The host, as the node and the pods see it."""
        return self.link[1]

    @property
    def node(self) -> IPv4Address:
        """The node, and so the API server."""
        return self.link[2]

    @property
    def kubernetes_service(self) -> IPv4Address:
        """The API server's own Service."""
        return self.services[1]

    @property
    def dns_service(self) -> IPv4Address:
        """The DNS Service: 10.96.0.10 in the first cluster."""
        return self.services[10]


def first_free(taken: Iterable[IPv4Network]) -> Addresses:
    """The addresses with the lowest number that overlap none of the ranges in `taken`."""
    others = list(taken)
    for number in _NUMBERS:
        mine = Addresses(number)
        if not any(a.overlaps(b) for a in (mine.pods, mine.services, mine.link) for b in others):
            return mine
    raise ClusterError("no free address ranges for another cluster: stop one, or look at `ip route`")


def _moved(first: IPv4Network, number: int) -> IPv4Network:
    return IPv4Network((int(first.network_address) + number * first.num_addresses, first.prefixlen))
