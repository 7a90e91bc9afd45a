"""Which symptoms a form offers a patient, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from diary import vocabulary
from diary.drafts import CheckInDraft
from diary.history import draft_of
from diary.models import CheckIn, CustomSymptom, Profile, Symptom
from diary.models.entries import OWN
from sharing.models import Patient

MOST_USED: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A symptom that can be chosen: one of the vocabulary, or one in own words."""

    pin: str  # how Profile.pinned names it: its Symptom.name
    label: str
    plain: str = ""  # what it means, where the label does not say it
    key: str = ""  # of the vocabulary; what an own symptom was said to mean
    own: int | None = None  # primary key of the patient's own

    @property
    def field(self) -> str:
        """Its name in a form."""
        return f"s_{self.key}" if self.own is None else f"o_{self.own}"

    @property
    def words(self) -> str:
        """All that it can be found by, in lower case."""
        found = [self.label, self.plain]
        if known := vocabulary.SYMPTOMS.get(self.key):
            found += [_(known.label), _(known.plain), *map(_, known.words)]
        return " · ".join(dict.fromkeys(word.lower() for word in found if word))


@dataclass(frozen=True, slots=True)
class Offer:
    """What stands first, and the rest under the phase that it mostly belongs to."""

    first: tuple[Choice, ...]
    rest: tuple[tuple[str, tuple[Choice, ...]], ...]
    pinned: tuple[Choice, ...] = ()
    archived: tuple[Choice, ...] = ()  # not offered, and yet known

    def __iter__(self) -> Iterator[Choice]:
        yield from self.first
        for _label, choices in self.rest:
            yield from choices


def known_choice(key: str) -> Choice:
    symptom = vocabulary.SYMPTOMS[key]
    label, plain = _(symptom.label), _(symptom.plain)
    says_more = plain.lower() != label.lower()
    return Choice(key, label, plain if says_more else "", key)


def own_choice(own: CustomSymptom) -> Choice:
    return Choice(f"{OWN}{own.pk}", own.label, "", own.key, own.pk)


def offer(patient: Patient, said: CheckInDraft | None = None) -> Offer:
    """Pinned symptoms, then the most used of late, then the common ones; then the rest.

    What a check-in `said` comes before all of it, an archived word included: nothing
    that is filled in may hide in a fold. Three queries.
    """
    words = CustomSymptom.objects.readable(patient)
    own = {f"{OWN}{row.pk}": row for row in words}
    every = {key: known_choice(key) for key in vocabulary.SYMPTOMS}
    every |= {pin: own_choice(row) for pin, row in own.items()}
    said_pins: list[str] = []
    if said is not None:
        said_pins = [*said.symptoms, *(f"{OWN}{key}" for key in said.own)]
    hidden = {pin for pin, row in own.items() if row.archived_at} - set(said_pins)
    profile = Profile.objects.filter(patient=patient)
    pinned: list[str] = profile.values_list("pinned", flat=True).first() or []
    used = CheckIn.objects.most_used_symptoms(patient, limit=MOST_USED)
    wanted = [*said_pins, *pinned, *used, *vocabulary.SHORT_LIST]
    shown = [pin for pin in dict.fromkeys(wanted) if pin in every and pin not in hidden]
    fixed = len({*said_pins, *pinned} & set(shown))
    first = shown[: max(fixed, len(vocabulary.SHORT_LIST))]
    rest = [c for pin, c in every.items() if pin not in hidden and pin not in first]
    groups: dict[str, list[Choice]] = {label: [] for label in group_labels()}
    for choice in rest:
        groups[_group(choice)].append(choice)
    return Offer(
        first=tuple(every[pin] for pin in first),
        rest=tuple((label, tuple(group)) for label, group in groups.items() if group),
        pinned=tuple(every[pin] for pin in pinned if pin in shown),
        archived=tuple(every[pin] for pin in every if pin in hidden),
    )


def group_labels() -> list[str]:
    return [
        _("In your own words"),
        _("Early signs"),
        _("Leak phase"),
        _("Recovery"),
        _("Other"),
    ]


def _group(choice: Choice) -> str:
    own, early, leak, recovery, other = group_labels()
    if choice.own is not None:
        return own
    phase = next(iter(vocabulary.SYMPTOMS[choice.key].phases), None)
    return {
        vocabulary.When.PRODROME: early,
        vocabulary.When.LEAK: leak,
        vocabulary.When.RECOVERY: recovery,
        None: other,
    }[phase]


def last_time(patient: Patient) -> CheckIn | None:
    """The check-in that "same as last time" means; None without one with symptoms."""
    seen = Symptom.objects.seen_by(patient)
    felt = seen.filter(checkin=OuterRef("pk")).exclude(severity=0)
    return patient.checkins.filter(Exists(felt)).order_by("-at", "-pk").first()


def said_last(patient: Patient, checkin: CheckIn) -> CheckInDraft:
    """The symptoms of a check-in and nothing else, without what is archived now."""
    said = draft_of(checkin)
    words = CustomSymptom.objects.readable(patient)
    still = words.filter(pk__in=said.own, archived_at=None)
    live = set(still.values_list("pk", flat=True))
    return CheckInDraft(
        client_id=said.client_id,
        at=said.at,
        zone=said.zone,
        symptoms={k: v for k, v in said.symptoms.items() if k in vocabulary.SYMPTOMS},
        own={own: severity for own, severity in said.own.items() if own in live},
    )
