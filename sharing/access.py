"""The one door to patient data, and the one to a list of patients."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import resolve
from django.utils import timezone

from sharing.models import AccessEvent, Patient, Permission, User


class UserRequest(HttpRequest):
    """A request past LoginRequiredMiddleware; `record` is what open_record opened."""

    user: User
    record: Patient


def open_record(request: UserRequest, public_id: UUID, need: Permission) -> Patient:
    """Return the patient or refuse: the only way to patient data.

    Http404 for strangers (that a record exists is private), PermissionDenied when the
    grant lacks `need`. Anyone but the owner leaves an AccessEvent, refused or not.
    """
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("owner"),
        public_id=public_id,
    )
    allowed = need in patient.permissions
    if not patient.is_own:
        access_event(patient, request, need, allowed=allowed).save(force_insert=True)
    if not allowed:
        raise PermissionDenied
    request.record = patient  # what the frame of the page shows
    timezone.activate(patient.tz)  # until the response, see capleak.middleware
    return patient


def open_records(request: UserRequest, pks: Collection[int]) -> list[Patient]:
    """Some of the records that the user may see, for a list that tells of each.

    In the order of `pks`; what the user may not see is left out. A list is a look too:
    each that is not the user's own gets an AccessEvent, all of them in one statement.
    """
    visible = Patient.objects.visible_to(request.user).filter(pk__in=pks).in_bulk()
    patients = [visible[pk] for pk in pks if pk in visible]
    AccessEvent.objects.bulk_create(
        access_event(patient, request, Permission.VIEW, allowed=True)
        for patient in patients
        if not patient.is_own
    )
    return patients


def access_event(
    patient: Patient, request: UserRequest, need: Permission, *, allowed: bool
) -> AccessEvent:
    """One line of the patient's access log, not saved yet."""
    match = resolve(request.path_info)  # also of a request that waited for a password
    return AccessEvent(
        patient_pk=patient.pk,
        actor_pk=request.user.pk,
        grant_pk=patient.grant_pk,
        grant_kind=patient.grant_kind or "",
        permission=need,
        route=match.view_name[:60],
        method=(request.method or "")[:10],
        device=device_of(request.headers.get("User-Agent", "")),
        allowed=allowed,
    )


def device_of(user_agent: str) -> AccessEvent.Device:
    """The kind of device, as coarse as a person would say it."""
    text = user_agent.lower()
    if "mobi" in text or "android" in text or "iphone" in text:
        return AccessEvent.Device.PHONE
    if "windows" in text or "macintosh" in text or "linux" in text or "cros" in text:
        return AccessEvent.Device.COMPUTER
    return AccessEvent.Device.OTHER
