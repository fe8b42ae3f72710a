"""Which network addresses a document may be fetched from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for an IPv4 address, which may be a private one."""


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet: not private, loopback, link-local, shared or metadata."""
    ip = _innermost(ip_address(address.partition("%")[0]))
    return ip.is_global and not ip.is_multicast


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address carries, else the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    tunnelled = ip.teredo[1] if ip.teredo else None
    return ip.ipv4_mapped or ip.sixtofour or tunnelled or ip
