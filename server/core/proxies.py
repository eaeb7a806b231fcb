"""The address of a client behind proxies, believed from listed proxies only."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_WITH_PORT = re.compile(r"\[(?P<v6>[^\[\]]+)\](:\d+)?|(?P<v4>[\d.]+):\d+")


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Return the address of a client from the peer and its X-Forwarded-For headers.

    Each proxy appends the address that it saw. From right to left, the first that is not a listed
    proxy is the client; what stands left of it was sent by the client and is not believed.
    """
    address = _parse(peer)
    if address is None:
        return peer
    for hop in reversed(",".join(forwarded).split(",")):
        if not _is_in(address, proxies):
            break
        before = _parse(hop)
        if before is None:
            break
        address = before
    return str(address)


def is_listed(peer: str, networks: Sequence[Network]) -> bool:
    """Return whether the address of a peer is in one of some networks."""
    address = _parse(peer)
    return address is not None and _is_in(address, networks)


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address, with or without a port; an IPv4 address in IPv6 becomes IPv4."""
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
