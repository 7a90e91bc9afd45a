"""Storing the demo: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from attacks.models import Attack, CaseReport, Source
from attacks.services import set_boundary
from capleak.demo import (
    cases,
    corrections,
    flags,
    own_attack,
    reminders,
    story,
    vials,
    visit,
)
from capleak.demo.cases import CaseAttack
from capleak.demo.infusions import INTERVAL_DAYS, LOCAL_TIME, PRODUCT, Prophylaxis
from capleak.demo.parts import HOME_ZONE, Author, Entry, at_local
from capleak.demo.people import Household, move_in
from capleak.demo.report_facts import store_count, store_facts
from diary.flag_replay import replay
from diary.models import CheckIn, Measurement, Symptom
from diary.services import measurement
from prophylaxis.models import Infusion, Lot, Plan, RateStep, Reaction
from prophylaxis.services import replan
from sharing.models import Patient, User

Progress = Callable[[float], None]  # told the share that is done, up to 1

_AT_ONCE = 200  # entries per step
_REMIND_DAYS_BEFORE = [7, 1]


def load(now: datetime, password: str, progress: Progress) -> Patient:
    """Make the demo as of `now`. IntegrityError if any of its addresses is taken."""
    today = now.astimezone(ZoneInfo(HOME_ZONE)).date()
    published = cases.attacks(today)
    windows = [attack.window for attack in published]
    told = story.tell(today, [*windows, own_attack.window(today)])
    with transaction.atomic():
        people = move_in(at_local(told.began_on, time(6)), password)
        with Patient.objects.writing(people.patient):
            _store_prophylaxis(people, told.prophylaxis)
            reminders.choose(people, now)
            replan(people.patient)
            reminders.send(people)
            for attack in published:
                _store_attack(people, attack)
            own = own_attack.store(people, today)
            store_count(people.patient, told.began_on)
            entries = [e for attack in published for e in attack.entries]
            entries += own_attack.entries(today)
            entries += [*told.entries, *flags.last_hours(now)]
            _store_entries(people, entries, progress)
            replay(people.patient, now)
            own_attack.remember_the_prodrome(own)
            flags.answer(people)
            corrections.ask(people, own, now)
            visit.store(people, today)
    return people.patient


def _store_prophylaxis(people: Household, told: Prophylaxis) -> None:
    plans = Plan.objects.bulk_create(
        Plan(
            patient=people.patient,
            product=PRODUCT,
            dose_g_per_kg=years.dose_g_per_kg,
            interval_days=INTERVAL_DAYS,
            site="clinic",
            premedication=vials.PREMEDICATION,
            prescriber="Dr. Okafor",
            valid_from=years.first_on,
            first_on=years.first_on,
            local_time=LOCAL_TIME,
            zone=HOME_ZONE,
            remind_days_before=_REMIND_DAYS_BEFORE,
            began_at=years.began_at,
            ended_at=years.ended_at,
            entered_by=people.owner,
        )
        for years in told.plans
    )
    infusions = []
    for infusion in told.infusions:
        row = Infusion(
            client_id=infusion.client_id,
            patient=people.patient,
            plan=plans[infusion.plan],
            product=PRODUCT,
            dose_g=infusion.dose_g,
            weight_kg=infusion.weight_kg,
            note=infusion.note,
            recorded_at=infusion.recorded_at,
            entered_by=people.owner,
        )
        row.set_start(infusion.started_at, HOME_ZONE)
        infusions.append(row)
    for row in infusions:
        vials.complete(row)
    Infusion.objects.bulk_create(infusions)
    Lot.objects.bulk_create(vials.lots(infusions))
    RateStep.objects.bulk_create(s for i in infusions[-3:] for s in vials.rates(i))
    Reaction.objects.bulk_create(vials.reactions(infusions))
    vials.medicine(people.patient, people.owner, told.infusions[0].day).save()


def _store_attack(people: Household, told: CaseAttack) -> None:
    row = Attack(
        patient=people.patient,
        zone=HOME_ZONE,
        note=told.note,
        entered_by=people.owner,
        recorded_at=told.recorded_at,
    )
    for field, boundary in told.boundaries.items():
        set_boundary(row, field, boundary, source=Source.REPORT)
    row.save()
    CaseReport.objects.create(attack=row, case_id=told.case_id, told=told.told)
    store_facts(row, told.told, told.zero)


def _store_entries(
    people: Household, entries: Sequence[Entry], progress: Progress
) -> None:
    authors: dict[Author, User] = {
        "patient": people.owner,
        "caregiver": people.caregiver,
    }
    for start in range(0, len(entries), _AT_ONCE):
        progress(start / len(entries))
        _store_some(people.patient, entries[start : start + _AT_ONCE], authors)
    progress(1)


def _store_some(
    patient: Patient, entries: Sequence[Entry], authors: Mapping[Author, User]
) -> None:
    rows = [_checkin(patient, entry, authors[entry.by]) for entry in entries]
    CheckIn.objects.bulk_create(rows)
    symptoms: list[Symptom] = []
    measurements: list[Measurement] = []
    for entry, checkin in zip(entries, rows, strict=True):
        symptoms += [
            Symptom(checkin=checkin, code=code, severity=severity)
            for code, severity in entry.draft.symptoms.items()
        ]
        for reading in entry.draft.readings:
            row = measurement(checkin, reading, by=authors[entry.by])
            row.recorded_at = entry.recorded_at
            measurements.append(row)
    Symptom.objects.bulk_create(symptoms)
    Measurement.objects.bulk_create(measurements)


def _checkin(patient: Patient, entry: Entry, by: User) -> CheckIn:
    row = CheckIn(
        patient=patient,
        client_id=entry.draft.client_id,
        no_symptoms=entry.draft.no_symptoms,
        note=entry.draft.note,
        recorded_at=entry.recorded_at,
        entered_by=by,
    )
    row.set_moment(entry.draft.at, entry.draft.zone)
    return row
