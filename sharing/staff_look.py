"""Breaking the glass: staff look for half an hour, and the patient is told at once.

It is a grant like any other, so that the door, the access log and the page of people
know of it, and the patient can end it with the next tap.
"""

from __future__ import annotations

import logging
import re
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.models import (
    STAFF_LOOK,
    Grant,
    Patient,
    Permission,
    User,
    hash_token,
    new_token,
)

log = logging.getLogger(__name__)

PUBLIC_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class CannotLook(Exception):
    """Why the record does not open, in words for the page."""


def find(words: str) -> Patient | None:
    """The record that an owner's address or the address of one of its pages names."""
    if found := PUBLIC_ID.search(words):
        return Patient.objects.filter(public_id=UUID(found[0])).first()
    return Patient.objects.filter(owner__email=words.strip().lower()).first()


def begin(patient: Patient, reason: str, *, by: User) -> Grant:
    """Let `by` see the record until the half hour is over; CannotLook if they can."""
    with Patient.objects.writing(patient):
        if Patient.objects.visible_to(by).filter(pk=patient.pk).exists():
            raise CannotLook(_("You can open this diary already."))
        over = patient.grants.filter(user=by, revoked_at=None)
        if over.filter(starts_at__gt=Now()).exists():
            raise CannotLook(
                _("You were given access that begins later. Ask a colleague to look.")
            )
        over.update(revoked_at=Now(), revoked_by=by)
        now = timezone.now()
        return Grant.objects.create(
            patient=patient,
            user=by,
            kind=Grant.Kind.STAFF,
            permissions=[Permission.VIEW],
            reason=reason,
            starts_at=now,
            expires_at=now + STAFF_LOOK,
            accepted_at=now,
            invited_by=by,
            invitation_expires_at=now,
            token_hash=hash_token(new_token()),  # of no link: nobody has the token
        )


def tell(grant: Grant) -> bool:
    """Mail the owner and the managers at once; whether a mail server took it.

    The pages of the owner say it as well, for as long as it lasts.
    """
    people = User.objects.filter(
        pk__in=Grant.objects.managing().filter(patient=grant.patient).values("user")
    )
    if grant.patient.owner:
        people |= User.objects.filter(pk=grant.patient.owner.pk)
    path = reverse("sharing:people", args=[grant.patient.public_id])
    context = {"grant": grant, "link": f"{settings.BASE_URL.rstrip('/')}{path}"}
    told = True
    for person in people.distinct():
        try:
            send_mail(
                _("Staff opened a diary of yours"),
                render_to_string("sharing/mail/staff_look.txt", context),
                None,
                [person.email],
            )
        except (SMTPException, OSError):
            log.exception("staff look not told", extra={"grant": grant.pk})
            told = False
    return told
