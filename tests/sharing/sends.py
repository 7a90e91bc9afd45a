"""What the matrix sends to each address, and what must be there for it to be taken."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone

from attacks.drafts import draft_of
from attacks.facts import course_of
from attacks.facts import digest as fact_digest
from attacks.models import Attack, PastCount, Trigger
from attacks.past import digest as count_digest
from attacks.suggestions import suggested
from capleak.forms import SettingsForm
from diary.forms.visit import VisitSheetForm
from diary.models import Measurement, ProdromeFlag
from diary.visit import sheet_of
from notifications.forms import PreferencesForm
from prophylaxis.models import Plan
from prophylaxis.services import standing
from sharing.change_form import ChangeForm
from sharing.models import Patient
from tests.sharing.roles import Fields, Role, World, as_shown


def a_wish(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "words": "It was a day earlier."}


def checkin(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "well": "1"}


def corrected_checkin(world: World, role: Role) -> Fields:
    return checkin(world, role) | {"version": 1, "s_fatigue": "0"}


def last_change(world: World, role: Role) -> Fields:
    return {"version": 1}


def first_version(world: World, role: Role) -> Fields:
    return {"version": 1, "number": 1}


def to_beside(world: World, role: Role) -> Fields:
    return {"version": 1, "to": world.beside.public_id, "sure": "1"}


def comment(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "day": "2020-02-03", "text": "Thinking of you."}


def feeling_ill(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "grade": "2"}


def own_word(world: World, role: Role) -> Fields:
    return {"label": "Heavy legs"}


def renamed_word(world: World, role: Role) -> Fields:
    return {f"{world.ids['symptom']}-label": "Leaden legs"}


def measured(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "m_pulse": "64"}


def sheet(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "at": "2020-02-03T08:00", "m_crp": "3"}


def visit_sheet(world: World, role: Role) -> Fields:
    sheet = sheet_of(world.record)
    shown = VisitSheetForm(patient=world.record, sheet=sheet)
    return {"question_1": "Why?", "seen": shown["seen"].value()}


def an_answer(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "label": "cold"}


def flagged(world: World) -> None:
    """Open the flag, so that there is something to tell of."""
    ProdromeFlag.objects.filter(patient=world.record).update(
        closed_at=None, closed_why=""
    )


def csv_file(world: World, role: Role) -> Fields:
    content = b"Date,Pulse\n2020-02-03 08:00,61\n"
    return {"file": SimpleUploadedFile("pulse.csv", content)}


def settings(world: World, role: Role) -> Fields:
    return {
        "name": "Amarantha",
        "zone": "Europe/Berlin",
        "emergency_number": "112",
        "u_weight": "kg",
        "u_temperature": "°C",
        "seen": SettingsForm(patient=world.record)["seen"].value(),
    }


def past_attack(world: World, role: Role) -> Fields:
    return {
        "leak_start": "2019-05-06T07:08",
        "leak_start_precision": "day",
        "outcome": "attack",
    }


def corrected_attack(world: World, role: Role) -> Fields:
    note = world.attack.note if role.sees_all else None
    seen = draft_of(world.attack, note=note).digest
    return past_attack(world, role) | {"seen": seen}


def over(world: World) -> None:
    """End the attack, so that another can start."""
    Attack.objects.filter(pk=world.attack.pk).update(
        ongoing=False, end=timezone.now() - timedelta(hours=1)
    )


def course(world: World, role: Role) -> Fields:
    given_as = "patient" if role.name == "owner" else "caregiver"
    return {"seen": course_of(world.attack, given_as=given_as).digest, "icu": "yes"}


def treatment(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "kind": "albumin", "amount": "20", "unit": "g"}


def corrected_trigger(world: World, role: Role) -> Fields:
    stored = Trigger.objects.filter(client_id=str(world.ids["fact"])).first()
    seen = fact_digest(stored, with_note=role.sees_all) if stored else ""
    return {"seen": seen, "kind": "travel"}


def low_pressure(world: World) -> None:
    """Give the open attack a time that the entries suggest for its leak."""
    row = Measurement(
        patient=world.record,
        quantity="systolic",
        value=80,
        typed_value=80,
        typed_unit="mmHg",
    )
    row.set_moment(timezone.now() - timedelta(hours=1), "UTC")
    row.save()


def suggested_time(world: World, role: Role) -> Fields:
    owner = world.record.owner
    assert owner is not None
    record = Patient.objects.visible_to(owner).get(pk=world.record.pk)
    offered = suggested(record, world.attack, timezone.now())
    return {"use": "1", "key": offered[0].key}


def number_before(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "from_year": "2001",
        "until_year": "2004",
        "count": "3",
        "complete": "yes",
    }


def corrected_number(world: World, role: Role) -> Fields:
    stored = PastCount.objects.get(client_id=str(world.ids["count"]))
    return number_before(world, role) | {"seen": count_digest(stored)}


def plan(world: World, role: Role) -> Fields:
    return {
        "product": "Panzyga",
        "route": "iv",
        "dose_g_per_kg": "1",
        "interval_days": "21",
        "first_at": f"{timezone.now() + timedelta(days=5):%Y-%m-%dT08:00}",
        "zone": "Europe/Berlin",
        "seen": current_plan(world, role)["plan"],
    }


def current_plan(world: World, role: Role) -> Fields:
    return {"plan": Plan.objects.get(patient=world.record, ended_at=None).pk}


def infusion(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "started_at": "2020-02-03T08:00",
        "product": "Panzyga",
    }


def corrected_infusion(world: World, role: Role) -> Fields:
    return infusion(world, role) | {"version": 1}


def running(world: World) -> None:
    """An infusion of this morning, on any clock."""
    began = timezone.now() - timedelta(hours=6)
    world.record.infusions.update(status="started", started_at=began)


def infusion_deleted(world: World) -> None:
    world.record.infusions.all().delete()


def next_infusion(world: World, role: Role) -> Fields:
    return {"at": f"{timezone.now() + timedelta(days=5):%Y-%m-%dT08:00}"}


def not_given(world: World, role: Role) -> Fields:
    due = standing(world.record, timezone.now()).due
    assert due is not None
    return {"due": due.isoformat(), "status": "skipped", "reason": "a cold"}


def medicine(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "name": "Montelukast",
        "dose": "10 mg",
        "times": "21",
        "zone": "Europe/Berlin",
        "valid_from": "2020-02-03",
    }


def current_medicine(world: World, role: Role) -> Fields:
    stored = world.record.medicines.get(ended_at=None)
    return medicine(world, role) | {"seen": stored.pk}


def lot(world: World, role: Role) -> Fields:
    return {"number": "LB 4711-A"}


def invitation(world: World, role: Role) -> Fields:
    return {"email": "cleo@example.org", "kind": "caregiver", "ends": "never"}


def changed_access(world: World, role: Role) -> Fields:
    """Is told when help is asked for: what everyone who manages can give."""
    assert world.record.owner is not None
    record = Patient.objects.visible_to(world.record.owner).get(pk=world.record.pk)
    grant = record.grants.get(public_id=str(world.ids["grant"]))
    return as_shown(ChangeForm(patient=record, grant=grant)) | {"told": ["help"]}


def asked_for(world: World) -> None:
    """Make the grant a link that somebody opened, who waits to be let in."""
    grants = world.record.grants.filter(public_id=str(world.ids["grant"]))
    grants.update(
        user=None,
        accepted_at=None,
        invited_email="",
        invited_by=world.record.owner,
        claimed_by=F("user"),
        claimed_at=timezone.now(),
    )


def choices(world: World, role: Role) -> Fields:
    """Everything as it is, and a later morning."""
    form = PreferencesForm(patient=world.record)
    return as_shown(form) | {"morning": "10:00"}
