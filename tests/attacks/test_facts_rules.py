"""What PostgreSQL refuses in the facts of an attack, and what it keeps of old ones."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    PastCount,
    Stay,
    Treatment,
    Trigger,
)
from attacks.services import constraint
from sharing.models import Category, Patient, Permission
from tests.attacks.conftest import berlin


def refused(model, **fields):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        model.objects.create(**fields)
    return constraint(error.value)


def events(model):
    return model.pgh_event_model.objects.order_by("pgh_id")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": "none", "detail": "flu"}, "attacks_trigger_none_says_nothing_else"),
        (
            {"kind": "none", "evidence": "test"},
            "attacks_trigger_none_says_nothing_else",
        ),
        ({"kind": "moon"}, "attacks_trigger_known"),
    ],
)
def test_a_trigger_is_one_of_the_list_or_said_to_be_unknown(attack, fields, rule):
    assert refused(Trigger, attack=attack, **fields) == rule


def test_that_no_trigger_is_known_is_said_once(attack):
    Trigger.objects.create(attack=attack, kind="none")
    rule = refused(Trigger, attack=attack, kind="none")
    assert rule == "attacks_trigger_none_once"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": "leeches"}, "attacks_treatment_known"),
        ({"kind": "albumin", "amount": 20}, "attacks_treatment_amount_has_a_unit"),
        ({"kind": "ivig", "unit": "g"}, "attacks_treatment_amount_has_a_unit"),
        (
            {"kind": "ivig", "unit": "g", "amount": 0},
            "attacks_treatment_amount_has_a_unit",
        ),
        (
            {"kind": "albumin", "unit": "L", "amount": 1},
            "attacks_treatment_unit_fits",
        ),
        (
            {"kind": "crystalloid", "unit": "g", "amount": 1},
            "attacks_treatment_unit_fits",
        ),
        (
            {"kind": "dialysis", "sites": ["left_arm"]},
            "attacks_treatment_sites_of_surgery",
        ),
        (
            {"kind": "decompression", "sites": ["tail"]},
            "attacks_treatment_sites_of_surgery",
        ),
        (
            {"kind": "dialysis", "at": berlin(4), "until": berlin(3)},
            "attacks_treatment_in_order",
        ),
    ],
)
def test_a_treatment_makes_sense(attack, fields, rule):
    assert refused(Treatment, attack=attack, **fields) == rule


def test_fluids_add_up_in_liters_whatever_was_typed(attack):
    for amount, unit in [("0.5", "L"), ("250", "mL")]:
        Treatment.objects.create(
            attack=attack, kind="crystalloid", amount=amount, unit=unit
        )
    Treatment.objects.create(attack=attack, kind="albumin", amount=20, unit="g")
    liters = [row.liters for row in Treatment.objects.order_by("pk")]
    assert liters == [0.5, 0.25, None]


def test_the_times_of_a_stay_are_in_order(attack):
    fields = {"icu_until": berlin(14), "discharged_at": berlin(13)}
    assert refused(Stay, attack=attack, **fields) == "attacks_stay_times_in_order"


def test_a_stay_says_something(attack):
    assert refused(Stay, attack=attack) == "attacks_stay_says_something"
    Stay.objects.create(attack=attack, first_called="sepsis")


def test_a_complication_is_one_of_the_list(attack):
    rule = refused(Complication, attack=attack, kind="bad luck")
    assert rule == "attacks_complication_known"


def test_nothing_stayed_behind_or_something_did(attack):
    rule = refused(Facts, attack=attack, no_sequelae=True, sequelae=["fatigue"])
    assert rule == "attacks_facts_none_or_some_sequelae"
    rule = refused(Facts, attack=attack, sequelae=["wings"])
    assert rule == "attacks_facts_sequelae_known"


@pytest.mark.parametrize("value", [0, 5])
def test_a_grade_is_one_to_four(attack, value):
    rule = refused(Grade, attack=attack, value=value, scale_name="SCLS severity")
    assert rule == "attacks_grade_1_to_4"


def test_a_grade_names_its_scale(attack):
    rule = refused(Grade, attack=attack, value=2, scale_name="")
    assert rule == "attacks_grade_scale_has_a_name"


def test_each_kind_of_person_gives_one_grade(attack):
    fields = {"attack": attack, "value": 2, "scale_name": "S", "assigned_as": "patient"}
    Grade.objects.create(**fields)
    Grade.objects.create(**fields | {"assigned_as": "clinician", "value": 3})
    assert refused(Grade, **fields) == "attacks_grade_one_for_each_kind"


@pytest.mark.parametrize(
    ("first", "last", "rule"),
    [
        (date(2016, 1, 1), date(2015, 1, 1), "attacks_pastcount_in_order"),
        (date(2012, 12, 31), date(2014, 1, 1), "attacks_pastcount_no_overlap"),
    ],
)
def test_counts_of_the_past_lie_one_after_the_other(patient, first, last, rule):
    PastCount.objects.create(
        patient=patient, from_on=date(2010, 1, 1), until_on=date(2012, 12, 31), count=3
    )
    fields = {"patient": patient, "from_on": first, "until_on": last, "count": 1}
    assert refused(PastCount, **fields) == rule


@pytest.mark.parametrize("model", [Trigger, Stay, Treatment, Complication])
def test_a_fact_sent_twice_is_kept_once(attack, model):
    fields = {
        Trigger: {"kind": "infection"},
        Stay: {"first_called": "sepsis"},
        Treatment: {"kind": "dialysis"},
        Complication: {"kind": "stroke"},
    }[model]
    once = uuid4()
    model.objects.create(attack=attack, client_id=once, **fields)
    rule = refused(model, attack=attack, client_id=once, **fields)
    assert rule == f"attacks_{model._meta.model_name}_stored_once"


def test_what_an_attack_said_before_is_kept(attack):
    attack.leak_start = berlin(13)
    attack.save()
    attack.delete()
    kept = [(e.pgh_label, e.leak_start) for e in events(Attack)]
    assert kept == [("update", berlin(14, 6, 10)), ("delete", berlin(13))]


def test_what_a_fact_said_before_is_kept(attack):
    row = Treatment.objects.create(attack=attack, kind="albumin", amount=20, unit="g")
    row.amount = 40
    row.save()
    row.delete()
    kept = [(e.pgh_label, e.amount) for e in events(Treatment)]
    assert kept == [("update", 20), ("delete", 40)]


def test_a_user_who_leaves_makes_no_earlier_version(attack, alice):
    Trigger.objects.create(attack=attack, kind="travel", entered_by=alice)
    Trigger.objects.update(entered_by=None)
    assert not events(Trigger).exists()


def opened(patient, user):
    return Patient.objects.visible_to(user).get(pk=patient.pk)


def test_hidden_notes_are_in_no_fact(attack, grant_to, django_user_model):
    guest = django_user_model.objects.create_user("guest@example.org")
    grant_to(guest, Permission.LOG, hidden=[Category.NOTES])
    fields = {"attack": attack, "note": "wrote in secret"}
    Stay.objects.create(first_called="sepsis", **fields)
    record = opened(attack.patient, guest)
    assert Stay.objects.readable(record).get().shown_note == ""
    own = opened(attack.patient, attack.patient.owner)
    assert Stay.objects.readable(own).get().shown_note == "wrote in secret"


def test_a_hidden_period_is_no_trigger_to_see(attack, grant_to, django_user_model):
    guest = django_user_model.objects.create_user("guest@example.org")
    grant_to(guest, hidden=[Category.PERIOD])
    for kind in ("period", "travel"):
        Trigger.objects.create(attack=attack, kind=kind)
    seen = Trigger.objects.readable(opened(attack.patient, guest))
    assert [trigger.kind for trigger in seen] == ["travel"]
