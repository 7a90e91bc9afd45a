"""The one door to patient data, and the one to a list of patients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import resolve
from django.utils import timezone

from sharing import preview
from sharing.closed import RecordClosed, is_still_taken
from sharing.models import AccessEvent, Grant, Patient, Permission, User


class UserRequest(HttpRequest):
    """A request past LoginRequiredMiddleware; `record` is what open_record opened."""

    user: User
    record: Patient


def open_record(
    request: UserRequest, public_id: UUID, need: Permission, *also: Permission
) -> Patient:
    """Return the patient or refuse: the only way to patient data.

    Http404 for strangers (that a record exists is private), PermissionDenied when the
    grant lacks `need` or `also`, RecordClosed for a write to a record that was closed.
    Anyone but the owner leaves an AccessEvent, refused or not. In a preview it answers
    as the grant that is looked at would, and to looking alone; staff who broke the
    glass look alone too, and do not send what viewers may send.
    """
    record, line = open_to_poll(request, public_id, need, *also)
    if line:
        line.save(force_insert=True)
    return record


def open_to_poll(
    request: UserRequest, public_id: UUID, need: Permission, *also: Permission
) -> tuple[Patient, AccessEvent | None]:
    """As open_record, but the line of a look that is allowed is not saved yet.

    For a page that asks by itself every few seconds: those lines would bury the log.
    Save it unless the answer is empty, as nothing is new.
    """
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("owner"),
        public_id=public_id,
    )
    record = preview.as_seen(request, patient)
    in_preview = record.preview_of is not None
    only_looks = in_preview or patient.grant_kind == Grant.Kind.STAFF
    entitled = {need, *also} <= record.given
    entitled = entitled and not (only_looks and request.method not in preview.SAFE)
    closed = record.is_closed and not is_still_taken(request, need)
    line = None
    if not patient.is_own:
        allowed = entitled and not closed
        line = access_event(patient, request, need, allowed=allowed)
        if not allowed:
            line.save(force_insert=True)
    if entitled or in_preview:
        request.record = record  # what the frame of the page shows
    if not entitled:
        raise PermissionDenied
    if closed:
        raise RecordClosed
    timezone.activate(patient.tz)  # until the response, see capleak.middleware
    return record, line


def open_records(request: UserRequest, pks: Collection[int]) -> list[Patient]:
    """Some of the records that the user may see, for a list that tells of each.

    In the order of `pks`; what the user may not see is left out. A list is a look too:
    each that is not the user's own gets an AccessEvent, all of them in one statement.
    """
    visible = Patient.objects.visible_to(request.user).filter(pk__in=pks).in_bulk()
    patients = [visible[pk] for pk in pks if pk in visible]
    log_names(request, patients, Permission.VIEW)
    return patients


def log_names(
    request: UserRequest,
    patients: Iterable[Patient],
    need: Permission,
    *,
    route: str = "",
) -> None:
    """Leave a line in each record whose patient's name is shown and is not one's own.

    `need` is why it is shown; `route` says so where the address is another record's.
    """
    events = [
        access_event(patient, request, need, allowed=True)
        for patient in patients
        if not patient.is_own
    ]
    for event in events:
        event.route = route or event.route
    AccessEvent.objects.bulk_create(events)


def access_event(
    patient: Patient,
    request: UserRequest,
    need: Permission,
    *,
    allowed: bool,
    route: str = "",
) -> AccessEvent:
    """One line of the patient's access log, not saved yet.

    `route`: what to call it, if not by the address that was asked for.
    """
    # Also the address of a request that waited for a password.
    route = route or resolve(request.path_info).view_name
    return AccessEvent(
        patient_pk=patient.pk,
        actor_pk=request.user.pk,
        grant_pk=patient.grant_pk,
        grant_kind=patient.grant_kind or "",
        permission=need,
        route=route[:60],
        method=(request.method or "")[:10],
        device=device_of(request.headers.get("User-Agent", "")),
        allowed=allowed,
    )


def log_export(request: UserRequest, record: Patient) -> AccessEvent:
    """Leave the line of a file that leaves, whoever takes it, the owner included.

    That of the door says only that somebody asked. Call it when nothing can stop the
    file any more.
    """
    event = access_event(record, request, Permission.EXPORT, allowed=True)
    event.method = AccessEvent.FILE
    event.save(force_insert=True)
    return event


def device_of(user_agent: str) -> AccessEvent.Device:
    """The kind of device, as coarse as a person would say it."""
    text = user_agent.lower()
    if "mobi" in text or "android" in text or "iphone" in text:
        return AccessEvent.Device.PHONE
    if "windows" in text or "macintosh" in text or "linux" in text or "cros" in text:
        return AccessEvent.Device.COMPUTER
    return AccessEvent.Device.OTHER


def staff_only(
    view: Callable[[UserRequest], HttpResponse],
) -> Callable[[UserRequest], HttpResponse]:
    """For staff; for everybody else the page is not there."""

    @wraps(view)
    def guarded(request: UserRequest) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request)

    return guarded
