"""Two diaries of one person become one, and nothing of either is lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from attacks.models import PastCount
from capleak.exports import many
from capleak.merging import rules
from capleak.merging.rules import MOVED, NOT_MOVED, tables
from capleak.merging.shared import CannotMerge
from diary import history
from diary.drafts import CheckInDraft
from diary.models import CustomSymptom, ProdromeFlag, Profile
from diary.services import delete_checkin, edit_checkin
from notifications.models import Occurrence, Preferences
from sharing import accesslog
from sharing.models import (
    AccessEvent,
    EmergencyContact,
    Patient,
)
from tests.capleak.exporting import written
from tests.conftest import make_user
from tests.merging.parts import (
    A_MONTH_BEFORE,
    MARCH,
    attack,
    infusion,
    merge,
    say,
)
from tests.sharing.proxy_parts import child_of, run_by
from tests.sharing.rows import (
    bare_medicine,
    closed_flag,
    comment_by,
    notice_of,
    skipped,
    waiting_file,
)


def test_every_table_of_a_record_has_a_rule():
    named = {model._meta.label for model, _column in tables()}
    assert named - MOVED - NOT_MOVED.keys() == set()
    assert (MOVED | NOT_MOVED.keys()) - named == set()
    assert NOT_MOVED.keys() & MOVED == set()


def test_a_record_with_rows_that_have_no_rule_is_not_merged(
    target, source, alice, monkeypatch
):
    monkeypatch.setattr(rules, "MOVED", MOVED - {"diary.Comment"})
    comment_by(alice, source)
    with pytest.raises(CannotMerge, match="cannot be brought over yet"):
        merge(target, source, alice)
    assert source.comments.count() == 1


def test_all_that_was_written_in_either_stands_in_the_one(target, source, alice):
    say(target, alice, note="here")
    theirs = say(source, alice, at=MARCH - timedelta(days=1), note="there")
    comment_by(alice, source)
    closed_flag(source)
    bare_medicine(source)
    skipped(source)
    waiting_file(alice, source).delete()
    attack(source, 20, 22)
    infusion(source, MARCH)
    merge(target, source, alice)
    assert not Patient.objects.filter(pk=source.pk).exists()
    for rows, number in (
        (target.checkins, 2),
        (target.comments, 1),
        (target.flags, 1),
        (target.medicines, 1),
        (target.appointments, 1),
        (target.attacks, 1),
        (target.infusions, 1),
    ):
        assert rows.count() == number
    moved = target.checkins.get(client_id=theirs.client_id)
    assert (moved.note, moved.entered_by) == ("there", alice)


def test_no_row_of_any_table_that_goes_over_is_missing(target, source, alice):
    for record, at, year in ((target, MARCH, 1990), (source, A_MONTH_BEFORE, 1995)):
        say(record, alice, at=at, note="x")
        comment_by(alice, record)
        closed_flag(record)
        bare_medicine(record)
        notice_of(record)
        CustomSymptom.objects.create(patient=record, label=record.name)
        infusion(record, at)
        PastCount.objects.create(
            patient=record,
            from_on=date(year, 1, 1),
            until_on=date(year, 12, 31),
            count=1,
        )
    attack(target, 10, 12)
    attack(source, 20, 22)

    def rows(record: Patient) -> dict[str, int]:
        return {
            model._meta.label: model._meta.base_manager.filter(
                **{column: record.pk}
            ).count()
            for model, column in tables()
            if model._meta.label in MOVED
        }

    mine, theirs = rows(target), rows(source)
    merge(target, source, alice)
    both = {label: mine[label] + theirs[label] for label in mine}
    assert rows(target) == both | {"sharing.Merge": 1}
    assert sum(theirs.values()) >= 8


def test_files_of_what_is_no_more_are_removed(
    target, source, alice, settings, tmp_path, django_capture_on_commit_callbacks
):
    """Their rows go with the record, and nothing else would know where they lie."""
    settings.EXPORT_ROOT = tmp_path / "exports"
    job = written(alice, target, source, key="csv")
    (file,), (stays,) = many.files_of(source), many.files_of(target)
    with django_capture_on_commit_callbacks(execute=True):
        merge(target, source, alice)
    assert not file.exists()
    assert stays.exists()
    assert [item.patient for item in job.items.all()] == [target]


def test_every_earlier_version_goes_along(target, source, alice):
    entry = say(source, alice, note="first")
    again = CheckInDraft(
        client_id=entry.client_id, at=entry.at, zone=entry.zone, note="second"
    )
    edit_checkin(source, again, version=1, by=alice)
    gone = say(source, alice, at=MARCH + timedelta(hours=3), note="deleted one")
    delete_checkin(source, gone.client_id, version=1, by=alice)
    merge(target, source, alice)
    said = [v.said.note for v in history.versions(target, entry.client_id)]
    assert said == ["second", "first"]
    assert list(history.gone(target)) == [gone.client_id]
    assert history.versions(target, gone.client_id)[0].said.note == "deleted one"


def test_the_access_log_of_both_is_read_as_one(target, source, alice, sign_in):
    ben = make_user("ben")
    run_by(source, ben, "log")
    sign_in(ben).get(f"/patients/{source.public_id}/timeline/")
    before = AccessEvent.objects.count()
    merge(target, source, alice)
    assert AccessEvent.objects.count() == before
    lines = [line for _day, of_day in accesslog.page(target).days for line in of_day]
    assert [(line.who, line.what) for line in lines] == [("Ben", "opened the timeline")]
    assert ben.pk in accesslog.last_looks(target)


def test_a_record_that_took_one_in_can_be_taken_in_itself(target, source, alice):
    third = child_of(alice, name="Third")
    say(third, alice, note="from the third")
    merge(source, third, alice)
    merge(target, source, alice)
    assert target.checkins.get().note == "from the third"
    assert {m.source_name for m in target.merges.all()} == {"Third", "Alice K."}


def test_what_has_no_place_is_noted(target, source, alice):
    Patient.objects.filter(pk=target.pk).update(plan_text="Call Ben")
    Patient.objects.filter(pk=source.pk).update(
        plan_text="Call the clinic", born_on=date(1990, 5, 4), emergency_number="911"
    )
    Profile.objects.create(patient=target, form="acute")
    Profile.objects.create(patient=source, form="chronic", cause_text="a cause")
    merged = merge(target, source, alice)
    target.refresh_from_db()
    assert (target.plan_text, target.born_on) == ("Call Ben", date(1990, 5, 4))
    assert merged.left_over == {
        "Form": "chronic",
        "My plan": "Call the clinic",
        "Emergency number": "911",
        "Name": "Alice K.",
    }
    assert Profile.objects.get().cause_text == "a cause"


def test_whom_to_call_comes_together(target, source, alice):
    for record, name, phone in (
        (target, "Ben", "+49 171 1"),
        (source, "Ben again", "+49171 1"),
        (source, "Cleo", "+49 171 2"),
    ):
        EmergencyContact.objects.create(patient=record, name=name, phone=phone)
    merge(target, source, alice)
    assert [c.name for c in target.emergency_contacts.all()] == ["Ben", "Cleo"]


def test_the_same_own_word_is_one_word(target, source, alice):
    mine = CustomSymptom.objects.create(patient=target, label="Heavy legs")
    theirs = CustomSymptom.objects.create(patient=source, label="heavy LEGS")
    other = CustomSymptom.objects.create(patient=source, label="Octopus feet")
    entry = say(source, alice, own={theirs.pk: 2, other.pk: 1})
    merge(target, source, alice)
    symptoms = target.checkins.get(client_id=entry.client_id).symptoms
    assert [s.custom_id for s in symptoms.order_by("pk")] == [mine.pk, other.pk]
    assert target.custom_symptoms.count() == 2


def test_what_was_told_stays_told_and_is_planned_anew_for_one(target, source, alice):
    for record in (target, source):
        Preferences.objects.create(patient=record, zone="UTC")
        notice_of(record)
    merge(target, source, alice)
    assert Occurrence.objects.filter(patient=target, kind="help").count() == 2
    assert Preferences.objects.count() == 1


def test_an_open_flag_of_the_other_closes_and_is_kept(target, source, alice):
    for record in (target, source):
        flag = closed_flag(record)
        ProdromeFlag.objects.filter(pk=flag.pk).update(closed_at=None, closed_why="")
    merge(target, source, alice)
    assert target.flags.count() == 2
    assert target.flags.standing().count() <= 1
