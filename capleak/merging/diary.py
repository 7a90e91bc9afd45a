"""The diary of two records: own words, entries that came into both, what is usual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet, TextField, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from capleak.merging.shared import Merging, event_models, join
from diary import flags, vocabulary
from diary.models import (
    CheckIn,
    CustomSymptom,
    Measurement,
    ProdromeFlag,
    Profile,
    Symptom,
    Usual,
    VisitSheet,
)
from diary.models.flags import Closed
from diary.models.visits import MOST_QUESTIONS
from diary.services import draft_of, same
from sharing.models import Correction, Patient

OWN: Final = "own:"  # begins the name of an own symptom among those pinned
# Rows that are told apart by an id that the client made, once in a record.
BY_CLIENT: Final = (
    "diary.CheckIn",
    "diary.Measurement",
    "diary.Comment",
    "prophylaxis.Appointment",
    "prophylaxis.Infusion",
    "prophylaxis.MedicinePlan",
    "attacks.PastCount",
    "sharing.Correction",
)
PROFILE: Final = ("form", "cause", "cause_text", "diagnosed_on", "m_protein")


def settle(merging: Merging) -> None:
    """Make room for every entry, so that the rules can move all of them."""
    own = _share_words(merging)
    _join_profiles(merging, own)
    _join_visits(merging)
    _join_usual(merging)
    flags.close(flags.standing_flag(merging.source), timezone.now(), Closed.CORRECTED)


def _share_words(merging: Merging) -> dict[int, int]:
    """Own symptoms of the same word are one; which took which one's place."""
    replaced: dict[int, int] = {}
    words = merging.target.custom_symptoms.annotate(word=Lower("label"))
    events: Any = Symptom.pgh_event_model.objects  # type: ignore[attr-defined]
    for theirs in merging.source.custom_symptoms.all():
        mine = words.filter(word=Lower(Value(theirs.label))).first()
        if mine is None:
            continue
        replaced[theirs.pk] = mine.pk
        if theirs.archived_at is None and mine.archived_at is not None:
            CustomSymptom.objects.filter(pk=mine.pk).update(archived_at=None)
        if theirs.key != mine.key:
            merging.leave(_("“%(word)s” meant") % {"word": mine.label}, theirs.key)
        Symptom.objects.filter(custom=theirs).update(custom=mine)
        events.filter(custom=theirs.pk).update(custom=mine.pk)
        theirs.delete()
    return replaced


def _join_profiles(merging: Merging, own: dict[int, int]) -> None:
    mine = Profile.objects.filter(patient=merging.target).first()
    theirs = Profile.objects.filter(patient=merging.source).first()
    if theirs is None:
        return
    if mine is None:
        new_names = {f"{OWN}{was}": f"{OWN}{now}" for was, now in own.items()}
        theirs.pinned = [new_names.get(name, name) for name in theirs.pinned]
        theirs.patient = merging.target
        theirs.save()
        return
    join(merging, mine, theirs, PROFILE)
    mine.usual_symptoms = theirs.usual_symptoms | mine.usual_symptoms
    mine.capillary_hemoglobin |= theirs.capillary_hemoglobin
    mine.save()


def _join_visits(merging: Merging) -> None:
    """The questions of both for the next visit, as far as there is room."""
    mine = VisitSheet.objects.filter(patient=merging.target).first()
    theirs = VisitSheet.objects.filter(patient=merging.source).first()
    if theirs is None:
        return
    if mine is None:
        VisitSheet.objects.filter(pk=theirs.pk).update(patient=merging.target)
        return
    join(merging, mine, theirs, ["last_on"])
    for question in theirs.questions:
        if question not in mine.questions and len(mine.questions) < MOST_QUESTIONS:
            mine.questions.append(question)
        elif question not in mine.questions:
            merging.leave(_("Question for a visit"), question)
    mine.save()


def _join_usual(merging: Merging) -> None:
    mine = {u.quantity: u for u in Usual.objects.filter(patient=merging.target)}
    for theirs in Usual.objects.filter(patient=merging.source):
        stays = mine.get(theirs.quantity)
        if stays is None:
            Usual.objects.filter(pk=theirs.pk).update(patient=merging.target)
        elif stays.value != theirs.value:
            name = _(vocabulary.QUANTITIES[theirs.quantity].label)
            typed = f"{theirs.typed_value.normalize():f} {theirs.typed_unit}"
            merging.leave(_("Usual value: %(what)s") % {"what": name}, typed)


# --- Client ids that both records know ------------------------------------------------


def tell_apart(merging: Merging) -> None:
    """Give what both records know by the same id an id of its own.

    The same file brought into both gives its entries the same ids, and so does an entry
    that was moved from one to the other. What says the same is kept once, and the copy
    is among the deleted entries, from where it can be brought back. The number of
    queries does not grow with the number of entries.
    """
    source = merging.source
    new_id = _twin(source.public_id)
    events = {model.pgh_tracked_model: model for model in event_models()}
    known: dict[str, set[UUID]] = {}
    for label in BY_CLIENT:
        model = apps.get_model(label)
        tables = [model, *([events[model]] if model in events else [])]
        known[label] = _ids(tables, source.pk) & _ids(tables, merging.target.pk)
    # The readings of a check-in are known by its id.
    both = known["diary.CheckIn"] | known["diary.Measurement"]
    known["diary.CheckIn"] = known["diary.Measurement"] = both
    renamed = _new_ids(merging, both, new_id)
    for label, ids in known.items():
        model = apps.get_model(label)
        for table in (model, events.get(model)):
            if table is not None and ids:
                theirs = table.objects.filter(patient=source.pk, client_id__in=ids)
                theirs.update(client_id=new_id)
    if renamed:
        for flag in ProdromeFlag.objects.filter(patient=source):
            flag.entries = sorted(renamed.get(pk, pk) for pk in flag.entries)
            flag.save(update_fields=["entries"])
        _once(merging, renamed)
        _ask_about_the_kept(source, renamed)


def _twin(public_id: UUID) -> Cast:
    """A new id made of the old one and of the record that goes."""
    told = Concat(Cast("client_id", TextField()), Value(str(public_id)))
    return Cast(MD5(told), UUIDField())


def _ids(tables: Iterable[Any], patient: int) -> set[UUID]:
    return {
        client_id
        for table in tables
        for client_id in table.objects.filter(patient=patient).values_list(
            "client_id", flat=True
        )
    }


def _new_ids(merging: Merging, both: set[UUID], new_id: Cast) -> dict[UUID, UUID]:
    """What the entries that stand in both are called from now on, by what they were."""
    renamed: dict[UUID, UUID] = {}
    for rows in (CheckIn.objects, Measurement.objects):
        theirs = rows.filter(patient=merging.source, client_id__in=both)
        renamed |= dict(theirs.values_list("client_id", new_id))
    return renamed


def _once(merging: Merging, renamed: dict[UUID, UUID]) -> None:
    """Delete the copy of what says the same in both."""
    mine = {c.client_id: c for c in _checkins(merging.target, renamed)}
    theirs = {c.client_id: c for c in _checkins(merging.source, renamed.values())}
    copies = [
        theirs[new].pk
        for old, new in renamed.items()
        if old in mine and new in theirs and _says_the_same(mine[old], theirs[new])
    ]
    CheckIn.objects.filter(pk__in=copies).delete()
    read = {_said(row, row.client_id) for row in _bare(merging.target, renamed)}
    back = {new: old for old, new in renamed.items()}
    doubled = [
        row.pk
        for row in _bare(merging.source, back)
        if _said(row, back[row.client_id]) in read
    ]
    Measurement.objects.filter(pk__in=doubled).delete()


def _ask_about_the_kept(source: Patient, renamed: dict[UUID, UUID]) -> None:
    """Let corrections follow an entry that has a new id; of a copy the other stays."""
    kept = set(
        source.checkins.filter(client_id__in=renamed.values()).values_list(
            "client_id", flat=True
        )
    )
    for correction in source.corrections.filter(
        about=Correction.About.CHECKIN, target__in=renamed
    ):
        if renamed[correction.target] in kept:
            correction.target = renamed[correction.target]
            correction.save(update_fields=["target"])


def _checkins(record: Patient, ids: Iterable[UUID]) -> QuerySet[CheckIn]:
    rows = record.checkins.filter(client_id__in=ids)
    return rows.prefetch_related("symptoms", "measurements")


def _bare(record: Patient, ids: Iterable[UUID]) -> QuerySet[Measurement]:
    """Readings that belong to no check-in."""
    return record.measurements.filter(client_id__in=ids, checkin=None)


def _says_the_same(mine: CheckIn, theirs: CheckIn) -> bool:
    return (mine.at, mine.zone) == (theirs.at, theirs.zone) and same(
        draft_of(mine), draft_of(theirs)
    )


def _said(row: Measurement, client_id: UUID) -> tuple[object, ...]:
    return client_id, row.quantity, row.posture, row.site, row.at, row.value
