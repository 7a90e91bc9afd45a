"""The diary of one patient as the rule for flags reads it.

Everything is projected into one zone, UTC: the rule counts hours back from now, and a
travelling patient must not gain or lose any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string

from diary.entries import HISTORY_HOURS, SAME_SIGN
from diary.models import CheckIn, FlagChoice, Measurement, Profile, Symptom
from diary.models.entries import OWN
from sharing.models import Category, Patient

HISTORY: Final = timedelta(hours=HISTORY_HOURS)
AHEAD: Final = timedelta(minutes=10)  # a phone's clock, as in diary.entries
# A name of the rule for a pressure that was taken standing, beside one at rest.
_STANDING: Final = "systolic_standing"
_WORST: Final[dict[str, Callable[[float, float], float]]] = {
    "systolic": min,
    "urine_relative": min,
}

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule wants to know that no app below knows by itself.

    Attacks lie above the diary and infusions beside it, so they cannot be imported
    here: `settings.FLAG_FACTS` names the function of the composition root that gathers
    them. A setting, because it is read where it is used: no registry to fill, no order
    of start-up, and a test can put another in its place.
    """

    attacks: tuple[tuple[datetime, datetime], ...] = ()  # first to last known moment
    infusions: tuple[datetime, ...] = ()  # when they began
    attacks_last_year: int = 0
    on_ivig: bool = False
    attack_open: bool = False

    def in_attack(self, at: datetime) -> bool:
        return any(first <= at <= last for first, last in self.attacks)


def facts_of(patient: Patient, since: datetime, now: datetime) -> Facts:
    """Attacks and infusions that touch [since, now], and the year before `now`."""
    gather: Callable[[Patient, datetime, datetime], Facts]
    gather = import_string(settings.FLAG_FACTS)
    return gather(patient, since, now)


def profile_for(profile: Profile | None, facts: Facts, choice: FlagChoice) -> Entry:
    """What the rule is told of the person."""
    return {
        "usual": dict(profile.usual_symptoms) if profile else {},
        "attacks_last_year": facts.attacks_last_year,
        "on_ivig": facts.on_ivig,
        "budget": choice.budget,
    }


def window(
    patient: Patient, facts: Facts, now: datetime, *, own_words: bool = True
) -> list[Entry]:
    """The entries of the last 90 days; three queries, however many entries.

    Without `own_words` for a reader who may not see those.
    """
    return entries_between(
        patient, facts, now - HISTORY, now + AHEAD, own_words=own_words
    )


def entries_between(
    patient: Patient,
    facts: Facts,
    since: datetime,
    until: datetime,
    *,
    own_words: bool = True,
) -> list[Entry]:
    """The entries felt in [since, until], and the infusions, in no order."""
    felt = CheckIn.objects.filter(patient=patient, at__range=(since, until))
    symptoms: dict[int, dict[str, int | None]] = defaultdict(dict)
    own: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Symptom.objects.filter(
        checkin__patient=patient, checkin__at__range=(since, until)
    ).order_by()
    if not own_words:
        rows = rows.filter(custom=None)
    for pk, code, severity, custom, key, label in rows.values_list(
        "checkin", "code", "severity", "custom", "custom__key", "custom__label"
    ):
        name = code or key or f"{OWN}{custom}"
        of_entry = symptoms[pk]
        of_entry[name] = _worse(of_entry.get(name, 0), severity)
        if not code and severity != 0:
            own[pk][SAME_SIGN.get(name, name)] = label
    together, loose = _readings(patient, since, until)
    entries = [
        {
            "entry_id": str(client_id),
            "at": at.astimezone(UTC),
            "recorded_at": recorded_at.astimezone(UTC),
            "symptoms": symptoms.get(pk, {}) if none or pk in symptoms else None,
            "vitals": _vitals(together.get(pk, ())),
            "tags": [*tags, *(["attack"] if facts.in_attack(at) else [])],
            "own": own.get(pk, {}),
        }
        for pk, client_id, at, recorded_at, none, tags in felt.order_by().values_list(
            "pk", "client_id", "at", "recorded_at", "no_symptoms", "tags"
        )
    ]
    entries += [
        _bare(str(client_id), at, recorded_at, vitals=_vitals(readings))
        for (client_id, at), (recorded_at, readings) in loose.items()
    ]
    entries += [_bare("", at, at, tags=["infusion"]) for at in facts.infusions]
    return entries


def _bare(
    entry_id: str,
    at: datetime,
    recorded_at: datetime,
    *,
    vitals: dict[str, float] | None = None,
    tags: list[str] | None = None,
) -> Entry:
    """An entry that says nothing of how somebody felt."""
    return {
        "entry_id": entry_id,
        "at": at.astimezone(UTC),
        "recorded_at": recorded_at.astimezone(UTC),
        "symptoms": None,
        "vitals": vitals or {},
        "tags": tags or [],
        "own": {},
    }


_Reading = tuple[str, float, str]  # quantity, canonical value, posture


def _readings(
    patient: Patient, since: datetime, until: datetime
) -> tuple[dict[int, list[_Reading]], dict[Any, tuple[datetime, list[_Reading]]]]:
    """Readings by check-in, and those without one by what was read together."""
    together: dict[int, list[_Reading]] = defaultdict(list)
    loose: dict[Any, tuple[datetime, list[_Reading]]] = {}
    rows: Iterable[tuple[Any, ...]] = (
        Measurement.objects.filter(
            patient=patient, at__range=(since, until), quantity__in=MEASURED
        )
        .order_by()
        .values_list(
            *("checkin", "client_id", "at", "recorded_at"),
            *("quantity", "value", "posture"),
        )
    )
    for checkin, client_id, at, recorded_at, quantity, value, posture in rows:
        one = (quantity, float(value), posture)
        if checkin is not None:
            together[checkin].append(one)
        else:
            loose.setdefault((client_id, at), (recorded_at, []))[1].append(one)
    return together, loose


MEASURED: Final = (
    *("systolic", "pulse", "weight", "temperature"),
    *("urine_relative", "limb_tightness"),
)


def _vitals(readings: Iterable[_Reading]) -> dict[str, float]:
    """One value of each quantity: at rest where there is one, of several the worst.

    A pressure that was only taken standing is taken as it is: too low is too low.
    """
    at_rest: dict[str, float] = {}
    standing: dict[str, float] = {}
    for quantity, value, posture in readings:
        kept = standing if posture == Measurement.Posture.STANDING else at_rest
        worst = _WORST.get(quantity, max)
        kept[quantity] = worst(kept.get(quantity, value), value)
    if "systolic" in at_rest and "systolic" in standing:
        at_rest[_STANDING] = standing["systolic"]
    return {**standing, **at_rest}


def _worse(one: int | None, other: int | None) -> int | None:
    """The worse of two severities; not graded is worse than none and mild."""
    return max(one, other, key=lambda severity: 1.5 if severity is None else severity)


def marked(reasons: Iterable[Entry], entries: Iterable[Entry]) -> Iterator[Entry]:
    """Reasons with what the rule does not keep of an entry.

    The own word that a symptom was logged in, and so whom the reason is hidden from: a
    word that means one of the vocabulary hides the reason with it. And whether it was
    graded at all: the rule takes what nobody graded for moderate, nobody said so.
    """
    by_id = {entry["entry_id"]: entry for entry in entries}
    for reason in reasons:
        code, entry = str(reason["code"]), by_id[reason["entry_id"]]
        label = entry["own"].get(SAME_SIGN.get(code, code), "")
        yield {
            **reason,
            "label": label,
            "hidden": Category.OWN_SYMPTOMS.value if label else "",
            "graded": (entry["symptoms"] or {}).get(code, 0) is not None,
        }
