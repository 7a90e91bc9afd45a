"""Medicines that are taken daily: stored once, kept when changed, reminded of."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from notifications.models import Answer, Occurrence
from notifications.services import answer
from prophylaxis import medicines
from prophylaxis.drafts import MedicineDraft
from prophylaxis.medicines import (
    MedicineChanged,
    end_medicine,
    extend_reminders,
    reminders,
    save_medicine,
)
from prophylaxis.models import MedicinePlan
from sharing.models import Patient

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
TYPED = {
    "client_id": "7f3b8a52-6e8f-4c3c-9a35-1d3f3a4b5c6d",
    "name": "Theophylline",
    "dose": "200 mg",
    "times": "8, 20:30",
    "zone": "Europe/Berlin",
    "valid_from": "2026-01-01",
    "prescriber": "Dr. Okafor",
    "remind": "on",
}


@pytest.fixture(autouse=True)
def _in_march(time_machine):
    time_machine.move_to(NOW, tick=False)


def draft(**said):
    usual = {
        "client_id": uuid4(),
        "name": "Theophylline",
        "dose": "200 mg",
        "times": (time(8), time(20, 30)),
        "zone": "Europe/Berlin",
        "valid_from": date(2026, 1, 1),
        "remind": True,
    }
    return MedicineDraft(**usual | said)


@pytest.fixture
def stored(patient, alice):
    return save_medicine(patient, draft(), by=alice)[0]


def url(patient, rest=""):
    return f"/patients/{patient.public_id}/ivig/medicines/{rest}"


def pending(patient):
    rows = patient.occurrences.filter(state="pending", kind="medicine")
    return rows.order_by("due_at")


MATRIX = [("alice", 200), ("manager", 200), ("logger_", 403), ("viewer", 403)]
MATRIX += [("doctor", 403), ("eve", 404)]


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_manage_enter_medicines(request, patient, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient, "new/")).status_code == status
    answer = client.post(url(patient, "new/"), TYPED).status_code
    assert answer == (302 if status == 200 else status)
    assert MedicinePlan.objects.exists() is (status == 200)


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_manage_change_and_end_them(
    request, patient, stored, sign_in, who, status
):
    client = sign_in(request.getfixturevalue(who))
    page = url(patient, f"{stored.medicine}/")
    assert client.get(page).status_code == status
    answer = client.post(page + "end/", {"seen": stored.pk}).status_code
    assert answer == (302 if status == 200 else status)
    stored.refresh_from_db()
    assert (stored.ended_at is not None) is (status == 200)


@pytest.mark.parametrize("who", ["alice", "viewer", "doctor"])
def test_those_who_see_the_diary_see_them(request, patient, stored, sign_in, who):
    text = sign_in(request.getfixturevalue(who)).get(url(patient)).content.decode()
    assert "Theophylline" in text
    assert "08:00" in text


def test_what_was_typed_is_the_medicine(patient, alice, sign_in):
    client = sign_in(alice)
    for _again in range(2):
        assert client.post(url(patient, "new/"), TYPED).status_code == 302
    stored = MedicinePlan.objects.get()
    assert (stored.name, stored.dose) == ("Theophylline", "200 mg")
    assert stored.times == [time(8), time(20, 30)]
    assert (stored.valid_from, stored.valid_until) == (date(2026, 1, 1), None)
    assert (stored.prescriber, stored.remind) == ("Dr. Okafor", True)


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("name", "", "This field is required."),
        ("dose", "", "This field is required."),
        ("times", "", "This field is required."),
        ("times", "noon", "Enter times of day"),
        ("times", "24:00", "Enter times of day"),
        ("times", ",", "Enter times of day"),
        ("times", "1 2 3 4 5 6 7 8 9", "Enter at most 8 times."),
        ("zone", "Mars/Base", "not one of the available choices"),
        ("valid_from", "1066-10-14", "between 1950 and next year"),
        ("valid_until", "2025-12-31", "before the first day"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    patient, alice, sign_in, field, typed, error
):
    answer = sign_in(alice).post(url(patient, "new/"), TYPED | {field: typed})
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert error in form.errors[field][0]
    assert form["prescriber"].value() == "Dr. Okafor"
    assert not MedicinePlan.objects.exists()


def test_a_change_is_a_new_row_and_the_old_one_keeps_its_dates(patient, stored, alice):
    changed, is_new = save_medicine(
        patient, draft(dose="300 mg"), by=alice, seen=stored.pk
    )
    stored.refresh_from_db()
    assert is_new
    assert stored.ended_at is not None
    assert changed.medicine == stored.medicine
    assert list(MedicinePlan.objects.current(patient)) == [changed]


def test_a_change_that_says_the_same_changes_nothing(patient, stored, alice):
    assert save_medicine(patient, draft(), by=alice, seen=stored.pk) == (stored, False)


def test_a_change_from_an_old_page_is_refused(patient, stored, alice, sign_in):
    save_medicine(patient, draft(dose="300 mg"), by=alice, seen=stored.pk)
    with pytest.raises(MedicineChanged):
        save_medicine(patient, draft(dose="400 mg"), by=alice, seen=stored.pk)
    page = url(patient, f"{stored.medicine}/")
    answer = sign_in(alice).post(page, TYPED | {"seen": stored.pk, "dose": "400 mg"})
    assert "was changed since you opened" in answer.content.decode()
    newest = MedicinePlan.objects.current(patient).get()
    assert answer.context["form"]["seen"].value() == str(newest.pk)
    assert newest.dose == "300 mg"


def test_an_old_page_ends_no_newer_version(patient, stored, alice, sign_in):
    newer, _ = save_medicine(patient, draft(dose="300 mg"), by=alice, seen=stored.pk)
    page = url(patient, f"{stored.medicine}/end/")
    for seen in (stored.pk, "", "x", "9" * 5000):
        text = sign_in(alice).post(page, {"seen": seen}).content.decode()
        assert "This is what it says now." in text
    newer.refresh_from_db()
    assert newer.ended_at is None


def test_one_tap_ends_no_medicine_but_asks(patient, stored, alice, sign_in):
    client = sign_in(alice)
    page = url(patient, f"{stored.medicine}/end/")
    assert page in client.get(url(patient)).content.decode()
    text = client.get(page).content.decode()
    assert "Theophylline" in text
    assert f'name="seen" value="{stored.pk}"' in text
    stored.refresh_from_db()
    assert stored.ended_at is None


def test_reminders_keep_the_local_times_over_a_clock_change(patient, stored):
    # The clocks of Berlin go forward on 29 March.
    moments = pending(patient).values_list("due_at", flat=True)
    times = [f"{at:%d %H:%M}" for at in moments[:5]]
    assert times == ["27 19:30", "28 07:00", "28 19:30", "29 06:00", "29 18:30"]


def test_reminders_are_asked_for_that_moment_and_useless_two_hours_later(
    patient, stored
):
    first = pending(patient)[0]
    assert (first.urgency, first.subject) == ("asked", f"medicine:{stored.pk}")
    assert first.expires_at - first.due_at == timedelta(hours=2)


def test_two_times_that_fall_together_are_one_reminder(patient, alice):
    said = draft(times=(time(2, 15), time(2, 45)), valid_until=date(2026, 3, 29))
    stored, _ = save_medicine(patient, said, by=alice)
    coming = (due.due_at for due in reminders(stored, NOW) if due.due_at > NOW)
    moments = [f"{at:%d %H:%M}" for at in coming]
    assert moments == ["28 01:15", "28 01:45", "29 01:00"]


@pytest.mark.parametrize(
    "said", [{"remind": False}, {"valid_until": date(2026, 3, 26)}]
)
def test_nothing_is_reminded_of_that_is_not_wanted(patient, alice, said):
    save_medicine(patient, draft(**said), by=alice)
    assert not pending(patient).exists()


def test_ending_a_medicine_ends_its_reminders(patient, stored):
    for _again in range(2):
        assert end_medicine(patient, stored.medicine, stored.pk)
    assert not pending(patient).exists()


def test_reminders_are_written_on_ahead_once_each(patient, stored, time_machine):
    last = pending(patient).latest("due_at").due_at
    assert extend_reminders() == 0  # they go on for long enough
    assert pending(patient).latest("due_at").due_at == last
    time_machine.move_to(NOW + timedelta(days=2))
    assert extend_reminders() == 1
    assert pending(patient).latest("due_at").due_at == last + timedelta(days=2)


def test_writing_on_ahead_withdraws_nothing_that_has_just_come_due(
    patient, stored, time_machine
):
    first = pending(patient)[0]
    pending(patient).filter(due_at__gt=NOW + timedelta(days=2)).delete()
    time_machine.move_to(first.due_at + timedelta(seconds=20))
    extend_reminders()
    first.refresh_from_db()
    assert first.state == "pending"


def test_writing_on_ahead_keeps_what_was_put_off(patient, stored, alice, time_machine):
    first = pending(patient)[0]
    pending(patient).filter(due_at__gt=NOW + timedelta(days=2)).delete()
    time_machine.move_to(first.due_at + timedelta(minutes=5))
    Occurrence.objects.filter(pk=first.pk).update(state="dispatched")
    until = first.due_at + timedelta(hours=1)
    with Patient.objects.writing(patient):
        answer(first, alice, Answer.What.SNOOZED, timezone.now(), until=until)
    extend_reminders()
    assert pending(patient)[0].due_at == until


def test_a_record_that_fails_does_not_stop_the_others(
    patient, stored, alice, eve, monkeypatch, caplog
):
    save_medicine(eve.own_record, draft(), by=eve)
    Occurrence.objects.all().delete()
    replan = medicines.replan_medicine

    def breaks(row):
        if row.patient_id == patient.pk:
            raise OverflowError("health data")
        replan(row)

    monkeypatch.setattr(medicines, "replan_medicine", breaks)
    assert extend_reminders() == 1
    assert pending(eve.own_record).exists()
    assert [record.getMessage() for record in caplog.records] == ["not kept planned"]
