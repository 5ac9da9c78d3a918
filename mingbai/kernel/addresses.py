"""From where a request comes, for limits only: never stored in clear."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def origin(request: HttpRequest) -> str:
    """Return the sender's address; of IPv6 the network of a household (/64), "" when there is none.

    Behind the proxy that ends HTTPS it is the last address which that proxy wrote; what came before
    it anybody may have made up.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS:
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2].strip()
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        return str(ip_network((known, 64), strict=False))
    return str(known)
