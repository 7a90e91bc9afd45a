"""The diary of two records: own words, entries that came into both, what is usual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid5

from django.apps import apps
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from capleak.merging.shared import Merging, event_models, label_of
from diary import flags, vocabulary
from diary.models import (
    CheckIn,
    CustomSymptom,
    Measurement,
    ProdromeFlag,
    Profile,
    Symptom,
    Usual,
)
from diary.models.flags import Closed
from diary.services import draft_of, same

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
)
PROFILE: Final = ("form", "cause", "cause_text", "diagnosed_on", "m_protein")


def settle(merging: Merging) -> None:
    """Make room for every entry, so that the rules can move all of them."""
    own = _share_words(merging)
    _join_profiles(merging, own)
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
    for name in PROFILE:
        said, other = getattr(mine, name), getattr(theirs, name)
        if said in ("", None):
            setattr(mine, name, other)
        elif other not in ("", None) and other != said:
            merging.leave(label_of(mine, name), other)
    mine.usual_symptoms = theirs.usual_symptoms | mine.usual_symptoms
    mine.capillary_hemoglobin |= theirs.capillary_hemoglobin
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
    """Give what both records know by the same id an id of its own; then no twice.

    The same file brought into both gives its entries the same ids, and so does an entry
    that was moved from one to the other. What says the same is kept once, and the copy
    is among the deleted entries, from where it can be brought back.
    """
    twins: dict[str, list[tuple[UUID, UUID]]] = {}
    events = {model.pgh_tracked_model: model for model in event_models()}
    for label in BY_CLIENT:
        model = _model(label)
        tables = [model, *([events[model]] if model in events else [])]
        known = _ids(tables, merging.target.pk)
        both = sorted(_ids(tables, merging.source.pk) & known)
        for old in both:
            new = uuid5(old, str(merging.source.public_id))
            twins.setdefault(label, []).append((old, new))
            for table in tables:
                theirs = table.objects.filter(patient=merging.source.pk, client_id=old)
                theirs.update(client_id=new)
    _follow(merging, dict(twins.get("diary.CheckIn", ())))
    _once(merging, twins)


def _model(label: str) -> Any:
    return apps.get_model(label)


def _ids(tables: Iterable[Any], patient: int) -> set[UUID]:
    return {
        pk
        for table in tables
        for pk in table.objects.filter(patient=patient).values_list(
            "client_id", flat=True
        )
    }


def _follow(merging: Merging, renamed: dict[UUID, UUID]) -> None:
    """Let readings and flags name a check-in by its new id."""
    events: Any = Measurement.pgh_event_model.objects  # type: ignore[attr-defined]
    for old, new in renamed.items():
        theirs = {"patient": merging.source.pk, "client_id": old}
        Measurement.objects.filter(**theirs).update(client_id=new)
        events.filter(**theirs).update(client_id=new)
    if renamed:
        for flag in ProdromeFlag.objects.filter(patient=merging.source):
            flag.entries = sorted(renamed.get(pk, pk) for pk in flag.entries)
            flag.save(update_fields=["entries"])


def _once(merging: Merging, twins: dict[str, list[tuple[UUID, UUID]]]) -> None:
    """Delete the copy of what says the same in both."""
    for old, new in twins.get("diary.CheckIn", ()):
        mine = merging.target.checkins.filter(client_id=old).first()
        theirs = merging.source.checkins.filter(client_id=new).first()
        if mine and theirs and _says_the_same(mine, theirs):
            theirs.delete()
    for old, new in twins.get("diary.Measurement", ()):
        mine_read = {_said(m) for m in _bare(merging.target.pk, old)}
        for copy in _bare(merging.source.pk, new):
            if _said(copy) in mine_read:
                copy.delete()


def _says_the_same(mine: CheckIn, theirs: CheckIn) -> bool:
    return (mine.at, mine.zone) == (theirs.at, theirs.zone) and same(
        draft_of(mine), draft_of(theirs)
    )


def _bare(patient: int, client_id: UUID) -> Any:
    rows = Measurement.objects.filter(patient=patient, client_id=client_id)
    return rows.filter(checkin=None)


def _said(row: Measurement) -> tuple[object, ...]:
    return row.quantity, row.posture, row.site, row.at, row.value
