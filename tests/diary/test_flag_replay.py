"""The flags of a record that is made whole: as they would have been, told to nobody."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from attacks.models import Attack
from diary.flag_replay import replay
from diary.models import CheckIn, FlagChoice
from notifications.models import Occurrence
from sharing.models import Patient
from tests.diary.flagging import DAY, HOUR, quiet_weeks

MINUTE = timedelta(minutes=1)


def lived(patient, at, *, saved=None, **symptoms) -> CheckIn:
    checkin = CheckIn(patient=patient, no_symptoms=not symptoms)
    checkin.set_moment(at, patient.zone)
    checkin.recorded_at = saved or at + MINUTE
    checkin.save()
    for code, severity in symptoms.items():
        checkin.symptoms.create(code=code, severity=severity)
    return checkin


def played(patient) -> list[tuple[str, str, str]]:
    FlagChoice.objects.all().delete()
    with Patient.objects.writing(patient):
        replay(patient, timezone.now())
    rows = patient.flags.order_by("opened_at")
    return list(rows.values_list("level", "peak", "closed_why"))


def test_each_entry_is_judged_by_what_was_saved_by_then(patient):
    quiet_weeks(patient, days=60)
    then = timezone.now() - 10 * DAY
    first = lived(patient, then, dizziness=2)
    lived(patient, then + 3 * HOUR, dizziness=2, thirst=2)
    lived(patient, then + 20 * HOUR)
    assert [peak for _, peak, why in played(patient) if why == "entries"] == ["act"]
    assert patient.flags.get().opened_at == first.recorded_at
    assert not Occurrence.objects.exists()


def test_what_was_written_down_long_after_makes_none(patient):
    quiet_weeks(patient, days=60)
    then = timezone.now() - 10 * DAY
    lived(patient, then, saved=then + 6 * DAY, dizziness=2, thirst=2)
    assert played(patient) == []


def test_silence_ends_one_after_five_days(patient):
    quiet_weeks(patient, days=60)
    then = timezone.now() - 20 * DAY
    for row in patient.checkins.filter(at__gt=then):
        row.delete()
    lived(patient, then, dizziness=2)
    assert played(patient) == [("watch", "watch", "silence")]
    flag = patient.flags.get()
    assert 5 * DAY <= flag.closed_at - then <= 5 * DAY + 7 * HOUR


def test_an_attack_ends_one(patient):
    quiet_weeks(patient, days=60)
    then = timezone.now() - 10 * DAY
    lived(patient, then, dizziness=2)
    Attack.objects.create(
        patient=patient, leak_start=then + 5 * HOUR, end=then + 3 * DAY, zone="UTC"
    )
    assert played(patient) == [("watch", "watch", "attack")]


def test_the_last_can_still_be_open(patient):
    quiet_weeks(patient, days=60)
    lived(patient, timezone.now() - 2 * HOUR, dizziness=2)
    assert played(patient) == [("watch", "watch", "")]
