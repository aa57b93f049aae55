"""Where a client sits: proxies are believed only where they are named."""

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
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def client(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address of who asks: the last one in X-Forwarded-For that no trusted proxy is, if the connection comes from one.

    What stands before it was written by the client and is worth nothing.
    """
    here = _read(peer)
    if here is None or not any(here in network for network in trusted):
        return peer
    for part in reversed(forwarded.split(",")) if forwarded else ():
        found = _read(part)
        if found is None:
            break
        here = found
        if not any(here in network for network in trusted):
            break
    return str(here)


def site(address: str) -> str:
    """What is counted as one: an IPv4 address, or the network of one IPv6 site."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, SITE_BITS), strict=False))
    return str(found or address)
