"""Whether somebody may still give access, asked once more where it is given."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string

from sharing.models import Patient, Permission, User


def managed(patient: Patient, by: User) -> Patient:
    """The record as `by` may manage it at this moment; PermissionDenied if they do not.

    For use under the record's lock: between the door and the lock somebody may have
    taken the permission away, and what is given after that would outlive it.
    """
    record = Patient.objects.visible_to(by).filter(pk=patient.pk).first()
    if record is None or Permission.MANAGE not in record.given:
        raise PermissionDenied
    return record


def grants_changed(patient: Patient) -> None:
    """Let what follows from grants follow them: the notice that access ends soon.

    Called under the record's lock. Notices are planned by an app that this one may not
    import, so a setting names the function.
    """
    follow: Callable[[Patient], None] = import_string(settings.GRANTS_CHANGED)
    follow(patient)
