"""Addresses follow from a cluster's number, and no two clusters share any."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from testcluster.errors import ClusterError
from testcluster.native.addresses import Addresses, first_free


def _ranges(addresses: Addresses) -> list[IPv4Network]:
    return [addresses.pods, addresses.services, addresses.link]


def test_the_first_cluster_has_dns_where_most_clusters_have_it() -> None:
    assert str(Addresses(0).dns_service) == "10.96.0.10"


def test_no_two_clusters_share_an_address() -> None:
    ranges = [each for number in range(32) for each in _ranges(Addresses(number))]
    assert not [pair for pair in combinations(ranges, 2) if pair[0].overlaps(pair[1])]


def test_what_the_host_routes_elsewhere_is_left_alone() -> None:
    taken = [Addresses(0).link, Addresses(1).services, IPv4Network("10.244.16.5/32")]
    assert first_free(taken) == Addresses(3)


def test_where_everything_is_taken_there_is_no_cluster() -> None:
    with pytest.raises(ClusterError, match="ip route"):
        first_free([IPv4Network("10.0.0.0/8")])
