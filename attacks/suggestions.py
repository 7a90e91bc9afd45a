"""What the diary suggests for the unknown times of an attack, and answers to that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Least
from django.utils import dateformat
from django.utils.translation import gettext as _

from attacks import suggest
from attacks.around import usual, window
from attacks.drafts import Boundary
from attacks.models import BOUNDARIES, Attack, Precision, Source, Stay
from attacks.services import Refused, refusals, set_boundary
from attacks.suggest import Felt, Reading, Reason, Suggestion, Told
from diary.history import EDITED
from diary.models import CheckIn, FlagAnswer, Measurement, ProdromeFlag, Symptom
from diary.redflags import red_flags, worst
from diary.services import changing
from diary.vocabulary import QUANTITIES, URINE_GRADES, from_canonical
from sharing.models import Category, Patient, User

# How long after its last known time an attack is still looked at: recovery lasts 3 to
# 15 days (Orphanet Urgences).
AFTER: Final = timedelta(days=16)


class Gone(Refused):
    """The entries do not suggest this any more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion in words."""

    key: str
    question: str
    at: str
    reasons: tuple[str, ...]


def suggested(patient: Patient, attack: Attack, now: datetime) -> list[Suggestion]:
    """What the readable entries suggest and nobody said no to; a few queries.

    Nothing for an attack of a published report, whose entries are not this person's,
    and for what was no attack.
    """
    names = ("leak_start", "recovery_start", "end")
    known = all(getattr(attack, name) for name in names)
    sources = {getattr(attack, f"{name}_source") for name in BOUNDARIES}
    outcomes = Attack.Outcome
    over = attack.outcome in {outcomes.ABORTED, outcomes.NOT_ATTACK}
    if known or over or Source.REPORT in sources:
        return []
    told = _told(patient, attack, now)
    found = suggest.suggestions(attack.clock, told, now)
    return [s for s in found if s.key not in attack.declined]


def shown(
    suggestions: Iterable[Suggestion], attack: Attack, units: Mapping[str, str]
) -> list[Shown]:
    """The suggestions in words; numbers in the units that the patient chose."""
    questions = {
        "leak_start": _("Did the leak begin then?"),
        "recovery_start": _("Did recovery begin then?"),
        "end": _("Was it over then?"),
    }
    return [
        Shown(
            key=suggestion.key,
            question=questions[suggestion.boundary],
            at=dateformat.format(suggestion.at.astimezone(attack.tz), "j F Y, H:i"),
            reasons=tuple(_words(reason, units) for reason in suggestion.reasons),
        )
        for suggestion in suggestions
    ]


def accept(
    patient: Patient, public_id: UUID, key: str, *, by: User, now: datetime
) -> Attack:
    """Set the boundary that was suggested, and no other; its source is "derived".

    Gone if the entries do not suggest it any more, Overlaps if another attack is in
    the way, Attack.DoesNotExist for an attack that is not this patient's.
    """
    with refusals(), changing(patient, by=by, what=EDITED):
        attack = Attack.objects.get(patient=patient, public_id=public_id)
        offered = {s.key: s for s in suggested(patient, attack, now)}
        if key not in offered:
            raise Gone(key)
        chosen = offered[key]
        boundary = Boundary(chosen.at, _precision(attack, chosen))
        set_boundary(attack, chosen.boundary, boundary, source=Source.DERIVED)
        attack.ongoing = suggest.applied(attack.clock, chosen).ongoing
        attack.save()
    return attack


def decline(
    patient: Patient, public_id: UUID, key: str, *, by: User, now: datetime
) -> None:
    """Show this suggestion no more; a new time would be a new one. Gone as above."""
    with changing(patient, by=by, what=EDITED):
        attack = Attack.objects.get(patient=patient, public_id=public_id)
        if key not in {s.key for s in suggested(patient, attack, now)}:
            raise Gone(key)
        attack.declined = [*attack.declined, key]
        attack.save(update_fields=["declined"])


def _precision(attack: Attack, suggestion: Suggestion) -> str:
    """An entry says when something was seen, not to the minute when it began."""
    stay = Stay.objects.filter(attack=attack, arrived_at=suggestion.at).first()
    if stay and stay.precision not in {Precision.EXACT, Precision.HOURS}:
        return stay.precision
    return Precision.HOURS


def _told(patient: Patient, attack: Attack, now: datetime) -> Told:
    since, until = _reach(patient, attack, now)
    measured = list(
        Measurement.objects.readable(patient).measured_between(since, until)
    )
    of_checkin: dict[int | None, list[Measurement]] = defaultdict(list)
    for measurement in measured:
        of_checkin[measurement.checkin_id].append(measurement)
    # A sign that is hidden from the reader still says that it was not calm; an entry
    # that is hidden as a whole does not say that it was.
    seen = CheckIn.objects.readable(patient).filter(pk=OuterRef("pk"))
    checkins: QuerySet[Any] = (
        CheckIn.objects.filter(patient=patient)
        .felt_between(since, until)
        .annotate(is_seen=Exists(seen))
        .prefetch_related(
            Prefetch("symptoms", Symptom.objects.select_related("custom"))
        )
    )
    hides_own = patient.hides(Category.OWN_SYMPTOMS)
    is_usual = usual(patient, attack, now)
    systolic, weight = (is_usual.get(name) for name in ("systolic", "weight"))
    child = patient.is_child(now)
    stays = Stay.objects.filter(attack=attack).exclude(arrived_at=None)
    felt = [
        (
            _felt(
                checkin,
                of_checkin[checkin.pk],
                systolic,
                child=child,
                hides_own=hides_own,
            ),
            checkin.is_seen,
        )
        for checkin in checkins
    ]
    return Told(
        readings=[Reading(m.at, m.quantity, float(m.value)) for m in measured],
        felt=[one for one, is_seen in felt if is_seen or one.red_flag],
        arrivals=[stay.arrived_at for stay in stays if stay.arrived_at],
        marks=_marks(patient, since, until),
        usual_systolic=None if systolic is None else float(systolic),
        usual_weight=None if weight is None else float(weight),
    )


def _marks(patient: Patient, since: datetime, until: datetime) -> list[datetime]:
    """The last entries of flags whose latest answer is that this was an attack."""
    answers = FlagAnswer.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    flags = ProdromeFlag.objects.readable(patient).filter(last_at__range=(since, until))
    said = flags.annotate(said=Subquery(answers.values("label")[:1]))
    marked = said.filter(said=FlagAnswer.Label.ATTACK)
    return list(marked.values_list("last_at", flat=True))


def _reach(
    patient: Patient, attack: Attack, now: datetime
) -> tuple[datetime, datetime]:
    """The time that is looked at: until the next attack, or now at the latest."""
    since, until = window(attack, now)
    until = min(max(until, attack.day_zero + AFTER), now)
    later = (
        Attack.objects.filter(patient=patient)
        .annotate(first_at=Least(*BOUNDARIES))
        .filter(first_at__gt=max(at for at in attack.clock.boundaries if at))
        .exclude(pk=attack.pk)
        .order_by("first_at")
        .values_list("first_at", flat=True)
        .first()
    )
    return since, min(until, later) if later else until


def _felt(
    checkin: CheckIn,
    measured: Iterable[Measurement],
    usual_systolic: Decimal | None,
    *,
    child: bool,
    hides_own: bool,
) -> Felt:
    more_urine = False
    grades: dict[str, int | None] = {}
    for symptom in checkin.symptoms.all():
        key = symptom.code or (symptom.custom.key if symptom.custom else "")
        if key:
            grades[key] = symptom.severity
        if key == "high_urine" and not (hides_own and symptom.custom):
            more_urine = more_urine or symptom.severity != 0
    flags = red_flags(
        grades,
        worst((m.quantity, m.value) for m in measured),
        is_child=child,
        usual_systolic=usual_systolic,
    )
    return Felt(checkin.at, red_flag=bool(flags), more_urine=more_urine)


def _words(reason: Reason, units: Mapping[str, str]) -> str:
    texts = {
        "low_systolic": _("upper blood pressure %(value)s, below %(other)s"),
        "systolic_drop": _("upper blood pressure %(value)s, usual %(other)s"),
        "high_hematocrit": _("hematocrit %(value)s, above %(other)s"),
        "high_hemoglobin": _("hemoglobin %(value)s, above %(other)s"),
        "admission": _("arrival in hospital"),
        "flag_answer": _("the flag until then was said to be an attack"),
        "weight_falls": _("weight fell from %(other)s to %(value)s"),
        "urine_rises": _("urine went up from %(other)s to %(value)s"),
        "weight_back": _("weight %(value)s, within 1 kg of the usual %(other)s"),
        "calm": _("checked in, and no red-flag sign in the 24 hours around it"),
    }
    if reason.why == "urine_rises" and not reason.quantity:
        return _("a lot of urine was logged")
    value, other = (
        _number(reason.quantity, number, units)
        for number in (reason.value, reason.other)
    )
    return texts[reason.why] % {"value": value, "other": other}


def _number(quantity: str, number: float | None, units: Mapping[str, str]) -> str:
    if number is None:
        return ""
    if quantity == "urine_relative":
        return _(URINE_GRADES[int(number)])
    known = QUANTITIES[quantity]
    chosen = units.get(quantity, known.canonical_unit)
    unit = chosen if chosen in known.units else known.canonical_unit
    amount = from_canonical(quantity, Decimal(str(number)), unit).normalize()
    return f"{amount:f} {unit}"
