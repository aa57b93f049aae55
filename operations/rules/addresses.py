"""A client's address. Only configured proxies are believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
SITE_BITS = 64  # what one customer of an IPv6 network has to themselves


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is neither an address nor a network."""
    return tuple(ip_network(name) for name in names)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, with or without a port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The client's address: the last one in X-Forwarded-For that is no trusted proxy, if the connection comes from one.

    Anything before it was written by the client and cannot be trusted.
    """
    here = _read(peer)
    if here is None or not any(here in network for network in trusted):
        return peer
    for part in reversed(forwarded.split(",")) if forwarded else ():
        address = _read(part)
        if address is None:
            break
        here = address
        if not any(here in network for network in trusted):
            break
    return str(here)


def site(address: str) -> str:
    """What is counted as one: an IPv4 address, or the network of one IPv6 site."""
    ip = _read(address)
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip, SITE_BITS), strict=False))
    return str(ip or address)


def is_in(address: str, ranges: Sequence[Network]) -> bool:
    ip = _read(address)
    return ip is not None and any(ip in network for network in ranges)


def is_loopback(address: str) -> bool:
    """This machine's own."""
    ip = _read(address)
    return ip is not None and ip.is_loopback
