"""How the engine is doing, for those who run this site."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.overview import overview
from sharing.access import UserRequest, staff_only


@staff_only
@require_safe
def staff(request: UserRequest) -> HttpResponse:
    """Signs of life and counts, of nobody in particular."""
    return render(request, "capleak/staff.html", {"overview": overview()})
