"""Telling the facts of an attack: quickly, kindly, and with every version kept."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    Source,
    Stay,
    Treatment,
    Trigger,
)
from prophylaxis.models import Infusion
from sharing.models import Category, Grant, Patient, Permission
from tests.attacks.conftest import berlin

pytestmark = pytest.mark.slow

SECRET = "said in confidence"


def url(attack, rest=""):
    return f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/{rest}"


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def albumin(**fields):
    return {
        "client_id": uuid4(),
        "kind": "albumin",
        "amount": "20",
        "unit": "g",
        "at": "2024-03-14T08:30",
        "precision": "hours",
    } | fields


def course(browser, attack, **fields):
    seen = browser.get(url(attack, "facts/")).context["form"]["seen"].value()
    return {"seen": seen} | fields


ROLES = pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)


@ROLES
def test_only_those_who_may_log_tell_a_fact(request, sign_in, attack, who, status):
    browser = sign_in(request.getfixturevalue(who))
    answer = browser.post(url(attack, "facts/treatments/new/"), albumin())
    assert answer.status_code == status
    assert attack.treatments.exists() is (status == 302)


@ROLES
def test_only_those_who_may_log_say_how_far_it_went(
    request, sign_in, attack, who, status
):
    browser = sign_in(request.getfixturevalue(who))
    page = browser.get(url(attack, "facts/"))
    form = page.context["form"] if page.status_code == 200 else None
    seen = form["seen"].value() if form else ""
    answer = browser.post(url(attack, "facts/"), {"seen": seen, "ward": "yes"})
    assert answer.status_code == status
    assert Facts.objects.filter(attack=attack, ward=True).exists() is (status == 302)


def test_a_treatment_is_stored_as_told(sign_in, alice, attack):
    sign_in(alice).post(url(attack, "facts/treatments/new/"), albumin(detail="20 %"))
    row = Treatment.objects.get()
    assert (row.kind, row.amount, row.unit, row.detail) == ("albumin", 20, "g", "20 %")
    assert (row.at, row.precision) == (berlin(14, 8, 30), "hours")
    assert (row.source, row.entered_by) == (Source.PATIENT, alice)


def test_a_fact_sent_twice_is_one_and_sent_with_other_words_says_these(
    sign_in, alice, attack
):
    browser, sent = sign_in(alice), albumin()
    for fields in (sent, sent, sent | {"amount": "40"}):
        browser.post(url(attack, "facts/treatments/new/"), fields)
    assert Treatment.objects.get().amount == 40
    assert [e.amount for e in Treatment.pgh_event_model.objects.all()] == [20]


@pytest.mark.parametrize(
    ("kind", "fields", "field", "said"),
    [
        ("treatment", albumin(unit="L"), "unit", "written down in g"),
        ("treatment", albumin(unit=""), "unit", "in which unit"),
        ("treatment", albumin(amount="0"), "amount", "more than 0"),
        ("treatment", albumin(amount="much"), "amount", "number"),
        ("treatment", albumin(until="2024-03-13T08:00"), "until", "before “From”"),
        ("treatment", albumin(sites=["left_arm"]), "sites", "only for surgery"),
        (
            "treatment",
            albumin(kind="crystalloid", unit="g"),
            "unit",
            "in L or mL",
        ),
        ("trigger", {"kind": "none", "detail": "flu"}, "detail", "none is known"),
        ("stay", {"first_called": ""}, "arrived_at", "at least one"),
        (
            "stay",
            {"arrived_at": "2024-03-15T10:00", "discharged_at": "2024-03-14T10:00"},
            "discharged_at",
            "before “Arrived”",
        ),
        ("complication", {"kind": ""}, "kind", "required"),
    ],
)
def test_what_cannot_be_is_refused_kindly_and_stays_typed(
    sign_in, alice, attack, kind, fields, field, said
):
    sent = {"client_id": uuid4(), "note": "as typed"} | fields
    page = sign_in(alice).post(url(attack, f"facts/{kind}s/new/"), sent)
    assert said in str(page.context["form"].errors[field])
    assert "as typed" in text(page)


def test_a_changed_fact_keeps_what_it_said_and_shows_it(sign_in, alice, attack):
    browser = sign_in(alice)
    browser.post(url(attack, "facts/treatments/new/"), albumin())
    row = Treatment.objects.get()
    path = url(attack, f"facts/{row.client_id}/")
    form = browser.get(path).context["form"]
    sent = albumin(amount="25", seen=form["seen"].value())
    assert browser.post(path, sent).status_code == 302
    page = text(browser.get(url(attack, "history/")))
    assert "<del>20" in page
    assert "by Alice" in page


def test_seconds_that_a_form_cannot_show_are_not_lost(sign_in, alice, attack):
    at = berlin(14, 8, 30).replace(second=27)
    row = Treatment.objects.create(attack=attack, kind="dialysis", at=at)
    browser = sign_in(alice)
    path = url(attack, f"facts/{row.client_id}/")
    seen = browser.get(path).context["form"]["seen"].value()
    sent = {
        "seen": seen,
        "kind": "dialysis",
        "at": "2024-03-14T08:30",
        "detail": "CVVH",
    }
    browser.post(path, sent)
    row.refresh_from_db()
    assert (row.detail, row.at) == ("CVVH", at)


def test_what_somebody_saved_meanwhile_is_not_overwritten_unseen(
    sign_in, alice, attack
):
    row = Treatment.objects.create(attack=attack, kind="albumin", amount=20, unit="g")
    browser = sign_in(alice)
    path = url(attack, f"facts/{row.client_id}/")
    seen = browser.get(path).context["form"]["seen"].value()
    Treatment.objects.update(amount=60)
    page = browser.post(path, albumin(amount="40", seen=seen))
    assert "Somebody changed this" in text(page)
    assert Treatment.objects.get().amount == 60
    again = albumin(amount="40", seen=page.context["form"]["seen"].value())
    assert browser.post(path, again).status_code == 302
    assert Treatment.objects.get().amount == 40


def test_a_deleted_fact_is_gone_once_and_does_not_come_back(sign_in, alice, attack):
    browser, sent = sign_in(alice), albumin()
    browser.post(url(attack, "facts/treatments/new/"), sent)
    path = url(attack, f"facts/{sent['client_id']}/delete/")
    assert [browser.post(path).status_code for _ in range(2)] == [302, 302]
    for stale in ("facts/treatments/new/", f"facts/{sent['client_id']}/"):
        page = browser.post(url(attack, stale), sent, follow=True)
        assert "Nothing was saved: this was deleted." in text(page)
    assert not Treatment.objects.exists()
    assert "deleted" in text(browser.get(url(attack, "history/")))


def test_what_a_deleted_fact_said_is_for_those_who_add_entries(
    sign_in, alice, viewer, logger_, attack
):
    browser, sent = sign_in(alice), albumin()
    browser.post(url(attack, "facts/treatments/new/"), sent)
    browser.post(url(attack, f"facts/{sent['client_id']}/delete/"))
    for reader, is_shown in ((logger_, True), (viewer, False)):
        page = text(sign_in(reader).get(url(attack, "history/")))
        assert ("Treatment: " in page) is is_shown


def test_a_known_trigger_replaces_none_known_but_not_the_other_way(
    sign_in, alice, attack
):
    browser, path = sign_in(alice), url(attack, "facts/triggers/new/")
    browser.post(path, {"client_id": uuid4(), "kind": "none"})
    browser.post(path, {"client_id": uuid4(), "kind": "infection"})
    page = browser.post(path, {"client_id": uuid4(), "kind": "none"})
    assert "written down already" in text(page)
    assert [t.kind for t in Trigger.objects.all()] == ["infection"]


def test_not_said_differs_from_no(sign_in, alice, attack):
    browser = sign_in(alice)
    browser.post(url(attack, "facts/"), course(browser, attack, icu="no", ward="yes"))
    facts = Facts.objects.get()
    assert (facts.icu, facts.ward, facts.surgery) == (False, True, None)


def test_a_grade_from_facts_is_shown_as_provisional(sign_in, alice, attack):
    browser = sign_in(alice)
    browser.post(url(attack, "facts/"), course(browser, attack, icu="yes"))
    page = text(browser.get(url(attack)))
    assert "Grade 3 of 4" in page
    assert "provisional" in page
    assert "nobody has assigned it" in page


@pytest.mark.parametrize(
    ("times", "grade"),
    [
        ({"arrived_at": berlin(14, 9)}, None),  # the emergency room, for all we know
        ({"arrived_at": berlin(14, 9), "discharged_at": berlin(14, 15)}, None),
        ({"arrived_at": berlin(14, 9), "discharged_at": berlin(17)}, 2),
        ({"icu_from": berlin(14, 9)}, 3),
    ],
)
def test_a_stay_says_how_far_it_went_only_if_it_lasted(
    sign_in, alice, attack, times, grade
):
    Stay.objects.create(attack=attack, **times)
    shown = sign_in(alice).get(url(attack, "facts/")).context["facts"].grade
    assert (shown and shown.value) == grade


@pytest.mark.parametrize(
    ("kind", "grade"), [("crystalloid", 2), ("ventilation", 3), ("decompression", 3)]
)
def test_a_treatment_says_how_far_it_went(sign_in, alice, attack, kind, grade):
    Treatment.objects.create(attack=attack, kind=kind)
    shown = sign_in(alice).get(url(attack, "facts/")).context["facts"].grade
    assert (shown.value, shown.provisional) == (grade, True)


def test_a_clinicians_grade_takes_the_place_of_others(sign_in, alice, doctor, attack):
    Grant.objects.filter(user=doctor).update(
        permissions=[Permission.VIEW, Permission.LOG]
    )
    patient, team = sign_in(alice), sign_in(doctor)
    told = course(patient, attack, icu="yes", grade="3")
    patient.post(url(attack, "facts/"), told)
    assert "Alice (patient)" in text(patient.get(url(attack)))
    team.post(
        url(attack, "facts/"),
        course(
            team, attack, icu="yes", grade="2", scale_name="Ours", scale_version="4"
        ),
    )
    page = text(patient.get(url(attack)))
    assert "Grade 2 of 4" in page
    assert "Doctor (clinician); scale: Ours 4" in page
    assert Grade.objects.get(assigned_as="patient").value == 3


def test_a_grade_on_our_scale_says_its_version(sign_in, alice, attack):
    browser = sign_in(alice)
    browser.post(url(attack, "facts/"), course(browser, attack, grade="2"))
    grade = Grade.objects.get()
    assert grade.scale_name == "SCLS severity, four grades"
    assert grade.scale_version == "CapLeak wording 1"
    assert grade.assigned_by == alice


def test_answers_given_meanwhile_are_not_overwritten_unseen(sign_in, alice, attack):
    browser = sign_in(alice)
    sent = course(browser, attack, icu="yes")
    Facts.objects.create(attack=attack, icu=False)
    page = browser.post(url(attack, "facts/"), sent)
    assert "Somebody changed this" in text(page)
    assert Facts.objects.get().icu is False


def test_nothing_stayed_behind_cannot_stand_beside_something(sign_in, alice, attack):
    browser = sign_in(alice)
    sent = course(browser, attack, no_sequelae="on", sequelae=["fatigue"])
    page = browser.post(url(attack, "facts/"), sent)
    assert "Untick one" in text(page)


def test_the_page_counts_days_since_the_last_infusion_before_it(sign_in, alice, attack):
    for day in (1, 2, 20):  # the last one came after
        row = Infusion(patient=attack.patient, product="Privigen", dose_g=140)
        row.weight_kg = 70
        row.set_start(berlin(day, 9), "Europe/Berlin")
        row.save()
    page = " ".join(text(sign_in(alice).get(url(attack))).split())
    assert "12 days before" in page
    assert "Privigen, 140 g, 2 g/kg" in page


def test_the_page_says_what_a_clinician_may_still_ask_for(sign_in, alice, attack):
    Stay.objects.create(attack=attack, arrived_at=berlin(14, 9))
    page = text(sign_in(alice).get(url(attack)))
    assert "what it was first called there" in page
    assert "when you arrived in hospital" not in page
    assert "when recovery began" not in page


def test_of_what_was_no_attack_nothing_is_asked(sign_in, alice, make_attack):
    attack = make_attack(leak_start=berlin(14), outcome=Attack.Outcome.NOT_ATTACK)
    assert "things known" not in text(sign_in(alice).get(url(attack)))


def test_an_attack_with_one_time_and_nothing_else_has_a_useful_page(
    sign_in, alice, make_attack
):
    attack = make_attack(leak_start=berlin(14), leak_start_precision="year")
    page = text(sign_in(alice).get(url(attack)))
    assert "about 2024" in page
    assert "Add or change facts" in page
    assert "1 of" in page


def test_hidden_notes_are_neither_shown_nor_lost(sign_in, logger_, attack):
    Grant.objects.filter(user=logger_).update(hidden=[Category.NOTES])
    row = Treatment.objects.create(attack=attack, kind="dialysis", note=SECRET)
    Facts.objects.create(attack=attack, sequelae_note=SECRET)
    browser = sign_in(logger_)
    path = url(attack, f"facts/{row.client_id}/")
    form = browser.get(path).context["form"]
    sent = {"seen": form["seen"].value(), "kind": "dialysis", "detail": "CVVH"}
    assert browser.post(path, sent).status_code == 302
    browser.post(url(attack, "facts/"), course(browser, attack, ward="yes"))
    for page in ("", "facts/", "history/", f"facts/{row.client_id}/"):
        assert SECRET not in text(browser.get(url(attack, page)))
    row.refresh_from_db()
    assert (row.detail, row.note) == ("CVVH", SECRET)
    assert Facts.objects.get().sequelae_note == SECRET


def test_a_hidden_period_is_nowhere(sign_in, logger_, attack):
    Grant.objects.filter(user=logger_).update(hidden=[Category.PERIOD])
    row = Trigger.objects.create(attack=attack, kind="period")
    row.evidence = "noticed"
    row.save()
    browser = sign_in(logger_)
    for page in ("", "facts/", "history/"):
        assert "period" not in text(browser.get(url(attack, page)))
    assert browser.get(url(attack, f"facts/{row.client_id}/")).status_code == 404


def test_facts_of_another_attack_are_not_found_here(
    sign_in, alice, attack, make_attack
):
    other = make_attack(leak_start=berlin(1), end=berlin(3))
    row = Complication.objects.create(attack=other, kind="stroke")
    path = url(attack, f"facts/{row.client_id}/")
    assert sign_in(alice).get(path).status_code == 404


def test_the_page_takes_as_many_queries_for_one_fact_as_for_many(
    sign_in, alice, attack
):
    browser = sign_in(alice)

    def tell(times):
        with Patient.objects.writing(attack.patient):
            tell_all(times)

    def tell_all(times):
        for day in range(times):
            fields = {"attack": attack, "note": "n", "entered_by": alice}
            Treatment.objects.create(kind="dialysis", at=berlin(14 + day % 5), **fields)
            Complication.objects.create(kind="clot", **fields)
            Stay.objects.create(arrived_at=berlin(14), **fields)
            Trigger.objects.create(kind="travel", **fields)

    def queries(page):
        with CaptureQueriesContext(connection) as counted:
            text(browser.get(url(attack, page)))
        return len(counted)

    pages = ("", "facts/", "history/")
    for page in pages:
        browser.get(url(attack, page))  # what is asked once for a process
    tell(1)
    few = [queries(page) for page in pages]
    tell(15)
    assert [queries(page) for page in pages] == few
    assert few[0] <= 30
    assert few[1] <= 22
    assert few[2] <= 28
