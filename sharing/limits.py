"""How often one may try something, counted where every process sees it."""

from __future__ import annotations

import ipaddress
import time
from math import inf

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

from sharing.models import User

MINUTE, HOUR = 60, 3600  # seconds


def too_many(request: HttpRequest, action: str, *, per_minute: int) -> bool:
    """Count one try; whether this address has now used up its minute.

    When nobody can tell, because the counter has just been lost, the answer is yes.
    """
    return _count(f"{action}:{_network(request)}", MINUTE) > per_minute


def too_many_of(user: User, action: str, *, per_hour: int) -> bool:
    """Count one try; whether this account has now used up its hour."""
    return _count(f"{action}:user:{user.pk}", HOUR) > per_hour


def _count(what: str, seconds: int) -> float:
    """How many tries there were in this stretch of time, with this one."""
    key = f"limit:{what}:{int(time.time() // seconds)}"
    if cache.add(key, 1, timeout=2 * seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        return inf


def _network(request: HttpRequest) -> str:
    """The client's address; of IPv6 the /64, which one person can have all of."""
    address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
