"""How often one address may try something, counted where every process sees it."""

from __future__ import annotations

import ipaddress
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

WINDOW_SECONDS = 60


def too_many(request: HttpRequest, action: str, *, per_minute: int) -> bool:
    """Count one try; whether this address has now used up its minute.

    When nobody can tell, because the counter has just been lost, the answer is yes.
    """
    window = int(time.time() // WINDOW_SECONDS)
    key = f"limit:{action}:{_network(request)}:{window}"
    if cache.add(key, 1, timeout=2 * WINDOW_SECONDS):
        return per_minute < 1
    try:
        return cache.incr(key) > per_minute
    except ValueError:
        return True


def _network(request: HttpRequest) -> str:
    """The client's address; of IPv6 the /64, which one person can have all of."""
    address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
