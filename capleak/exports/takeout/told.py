"""What a take-out only tells: who had access, who looked, what was sent, what allowed.

Lines for people to read. Brought in, they are kept as they are and act on nothing.
Others stand in them by name, never by address: there the lines outlive their accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attacks.models import Attack
from capleak.exports.takeout.columns import as_json
from capleak.exports.takeout.people import UNNAMED, called
from diary.models import CheckIn
from notifications.models import Occurrence
from prophylaxis.models import Infusion, RecallConsent
from sharing.masking import masked
from sharing.models import (
    AccessEvent,
    BroughtLine,
    Correction,
    Grant,
    HandOver,
    Merge,
    Patient,
    User,
    record_numbers,
)

Line = Mapping[str, Any]
AT_ONCE = 500


def told_lines(patient: Patient, but: AccessEvent | None = None) -> Iterator[Line]:
    """First what the record brought along itself, then what is of this site.

    `but`: the line of the access log that is left out.
    """
    brought = BroughtLine.objects.filter(patient=patient).order_by("pk")
    for kind, told in brought.values_list("kind", "told").iterator(AT_ONCE):
        yield {"kind": kind, "told": told}
    for kind, lines in (
        ("access", _grants(patient)),
        ("look", _looks(patient, but)),
        ("message", _messages(patient)),
        ("consent", _consents(patient)),
        ("correction", _corrections(patient)),
        ("hand_over", _hand_overs(patient)),
        ("merge", _merges(patient)),
    ):
        for line in lines:
            yield {"kind": kind, "told": {k: as_json(v) for k, v in line.items()}}


def _grants(patient: Patient) -> Iterator[Line]:
    rows = Grant.objects.filter(patient=patient)
    named = rows.select_related("user", "invited_by", "claimed_by", "revoked_by")
    for row in named.order_by("pk").iterator(AT_ONCE):
        yield {
            "who": _who(row.user, patient),
            "meant_for": row.meant_for,
            "by_mail": bool(row.invited_email),
            "kind": row.kind,
            "reason": row.reason,
            "permissions": row.permissions,
            "hidden": row.hidden,
            "told": row.told,
            "invited_by": _who(row.invited_by, patient),
            "created_at": row.created_at,
            "claimed_by": _who(row.claimed_by, patient),
            "claimed_at": row.claimed_at,
            "accepted_at": row.accepted_at,
            "invitation_expires_at": row.invitation_expires_at,
            "starts_at": row.starts_at,
            "expires_at": row.expires_at,
            "revoked_at": row.revoked_at,
            "revoked_by": _who(row.revoked_by, patient),
        }


def _looks(patient: Patient, but: AccessEvent | None) -> Iterator[Line]:
    """The access log. It names people by key, as it outlives them."""
    numbers = record_numbers(patient)
    rows = AccessEvent.objects.filter(patient_pk__in=numbers).order_by("pk")
    if but:
        rows = rows.exclude(pk=but.pk)
    actors = rows.order_by().values("actor_pk").distinct()
    people = {user.pk: user for user in User.objects.filter(pk__in=actors)}
    for row in rows.iterator(AT_ONCE):
        yield {
            "at": row.at,
            "who": _who(people.get(row.actor_pk), patient),
            "kind": row.grant_kind,
            "permission": row.permission,
            "route": row.route,
            "method": row.method,
            "device": row.device,
            "allowed": row.allowed,
        }


def _messages(patient: Patient) -> Iterator[Line]:
    """What came due and what became of it; what is to come is planned anew."""
    rows = Occurrence.objects.filter(patient=patient)
    past = rows.exclude(state=Occurrence.State.PENDING).order_by("pk")
    for row in past.prefetch_related("deliveries__user", "answers__user").iterator(
        AT_ONCE
    ):
        yield {
            "kind": row.kind,
            "topic": row.topic,
            "audience": row.audience,
            "urgency": row.urgency,
            "due_at": row.due_at,
            "expires_at": row.expires_at,
            "about_at": row.about_at,
            "zone": row.zone,
            "state": row.state,
            "sent": [
                {
                    "to": _who(sent.user, patient),
                    "channel": sent.channel,
                    "state": sent.state,
                    "settled_at": as_json(sent.settled_at),
                }
                for sent in sorted(row.deliveries.all(), key=lambda d: d.pk)
            ],
            "answers": [
                {
                    "by": _who(answer.user, patient),
                    "what": answer.what,
                    "at": as_json(answer.at),
                    "until": as_json(answer.until),
                }
                for answer in sorted(row.answers.all(), key=lambda a: a.pk)
            ],
        }


def _consents(patient: Patient) -> Iterator[Line]:
    """That staff may find the record by a lot; another site asks for it anew."""
    rows = RecallConsent.objects.filter(patient=patient).select_related("given_by")
    for row in rows:
        yield {
            "what": "recall",
            "given_at": row.given_at,
            "given_by": _who(row.given_by, patient),
        }


def _corrections(patient: Patient) -> Iterator[Line]:
    """What others asked to be corrected, and what was decided."""
    rows = Correction.objects.filter(patient=patient).order_by("pk")
    for row in rows.select_related("asked_by", "decided_by").iterator(AT_ONCE):
        yield {
            "about": row.about,
            "entry_at": _entry_at(row),
            "asked_by": _signed(row.asked_by_name, row.asked_by),
            "at": row.at,
            "words": row.words,
            "state": row.state,
            "reply": row.reply,
            "decided_by": _signed(row.decided_by_name, row.decided_by),
            "decided_at": row.decided_at,
        }


def _hand_overs(patient: Patient) -> Iterator[Line]:
    """To whom the record was to be handed over, without the secret of the link."""
    rows = HandOver.objects.filter(patient=patient).order_by("pk")
    for row in rows.select_related("by", "accepted_by"):
        yield {
            "offered_by": _who(row.by, patient),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "accepted_by": _who(row.accepted_by, patient),
            "accepted_at": row.accepted_at,
            "revoked_at": row.revoked_at,
        }


def _merges(patient: Patient) -> Iterator[Line]:
    """Which records became part of this one, and what had no place in it."""
    rows = Merge.objects.filter(patient=patient).order_by("pk")
    for row in rows.select_related("by"):
        yield {
            "at": row.at,
            "by": _who(row.by, patient),
            "name": row.source_name,
            "left_over": row.left_over,
        }


def _entry_at(row: Correction) -> Any:
    """When the entry was of which a correction is, as it is or as it last was.

    A moment and no key: another site makes most of these anew.
    """
    model, name, moments = _CORRECTED[Correction.About(row.about)]
    for table, newest in ((model, "pk"), (model.pgh_event_model, "-pk")):
        rows = table.objects.filter(**{"patient": row.patient_id, name: row.target})
        if found := rows.order_by(newest).values_list(*moments).first():
            return next(filter(None, found), None)
    return None


# How each entry is named in a correction, and its moments, the first one known.
_CORRECTED: Final[dict[str, tuple[Any, str, tuple[str, ...]]]] = {
    Correction.About.CHECKIN: (CheckIn, "client_id", ("at",)),
    Correction.About.ATTACK: (
        Attack,
        "public_id",
        ("prodrome_start", "leak_start", "recovery_start", "end"),
    ),
    Correction.About.INFUSION: (Infusion, "public_id", ("started_at",)),
}


def _signed(name: str, user: User | None) -> str:
    """A name that was kept, unless it is the address of somebody without one."""
    addresses = (user.email[:80], masked(user.email)[:80]) if user else ()
    return UNNAMED if name in addresses else name


def _who(user: User | None, patient: Patient) -> str:
    if user is None:
        return ""
    if user.pk == patient.owner_id:
        return "patient"
    return called(user)
