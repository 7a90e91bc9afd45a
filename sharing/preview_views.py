"""Beginning and ending to see the diary as somebody else sees it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sharing import preview
from sharing.access import UserRequest, open_record
from sharing.models import Grant, Permission


@require_POST
def begin(request: UserRequest, patient: UUID, grant: UUID) -> HttpResponse:
    """Go to Today as the holder of a grant sees it, or will see it."""
    record = open_record(request, patient, Permission.MANAGE)
    seen = get_object_or_404(record.grants, public_id=grant)
    if not Grant.objects.standing().filter(pk=seen.pk).exists():
        messages.info(request, _("This access has ended: they see nothing."))
        return redirect("sharing:people", record.public_id)
    preview.begin(request.session, record, seen)
    return redirect("today", record.public_id)


@require_POST
def end(request: UserRequest, patient: UUID) -> HttpResponse:
    """Be oneself again: first of all, for the door would refuse whom they look as."""
    preview.end(request.session)
    record = open_record(request, patient, Permission.MANAGE)
    return redirect("sharing:people", record.public_id)
