"""Where a diary is brought in: only where nothing was written, and one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from django.db import connections
from django.utils import timezone

from capleak.exports import store as files
from capleak.exports.takeout.emptiness import is_empty
from capleak.exports.takeout.storing import HasOne
from capleak.views.takeout import BRINGS_PER_HOUR
from diary.models import FlagChoice
from notifications.models import preferences_of
from notifications.planners import keep
from sharing.models import EXPORT_LIFE, Erasure, ExportItem, ExportJob, Patient, User
from tests.conftest import make_user
from tests.exports.test_takeout import brought, taken, told
from tests.exports.test_takeout_pages import BRING, sent
from tests.sharing.rows import bare_checkin, bare_grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def content() -> bytes:
    return taken(told(5))


def chosen(patient: Patient, **new: object) -> None:
    preferences_of(patient)
    type(preferences_of(patient)).objects.filter(patient=patient).update(**new)


def changed(**new: object) -> Callable[[Patient], object]:
    return lambda patient: Patient.objects.filter(pk=patient.pk).update(**new)


def deleted(patient: Patient) -> None:
    bare_checkin(patient).delete()


WRITTEN = {
    "the plan": changed(plan_text="Call the clinic"),
    "the day of birth": changed(born_on="1970-01-01"),
    "units": changed(units={"weight": "lb"}),
    "words in memory": changed(memorial="Dear"),
    "a contact": lambda p: p.emergency_contacts.create(name="Ben", phone="+49 1"),
    "quiet hours": lambda p: chosen(p, quiet_begin=time(20)),
    "a reminder": lambda p: chosen(p, checkin="daily"),
    "a day of bloods": lambda p: chosen(p, bloods_on="2027-01-01"),
    "what is wanted of flags": lambda p: FlagChoice.objects.create(
        patient=p, since=timezone.now(), budget="fewer"
    ),
    "a check-in": bare_checkin,
    "a check-in that was deleted": deleted,
    "an invitation": bare_grant,
}


@pytest.mark.parametrize("what", WRITTEN)
def test_whatever_was_written_stays_and_the_page_says_why(sign_in, what, content):
    nora = make_user("nora")
    own = Patient.objects.create(owner=nora, name="Nora", zone="UTC")
    WRITTEN[what](own)
    with pytest.raises(HasOne):
        brought(content, nora)
    client = sign_in(nora)
    answer = client.post(BRING, sent(content))
    assert Patient.objects.get(owner=nora).pk == own.pk
    text = client.get(answer["Location"]).content.decode()
    assert "where nothing was ever written" in text


def test_what_signing_up_and_looking_around_leave_is_nothing_written(sign_in, content):
    nora = make_user("nora")
    client = sign_in(nora)
    start = {"name": "Nora", "zone": "America/New_York", "emergency_number": "911"}
    own = client.post("/start/", start)["Location"]
    for page in ("", "timeline/", "settings/", "flags/", "attacks/", "exports/"):
        assert client.get(f"{own}{page}").status_code == 200
    record = Patient.objects.get(owner=nora)
    keep(record, timezone.now())
    assert is_empty(record)
    assert client.post(BRING, sent(content)).status_code == 302
    assert Patient.objects.get(owner=nora).pk != record.pk


def test_what_makes_room_goes_with_its_files_and_leaves_a_line(
    content, django_capture_on_commit_callbacks, tmp_path, settings
):
    settings.EXPORT_ROOT = tmp_path
    nora = make_user("nora")
    own = Patient.objects.create(owner=nora, name="Nora", zone="UTC")
    job = ExportJob.objects.create(by=nora, expires_at=timezone.now() + EXPORT_LIFE)
    item = ExportItem.objects.create(job=job, patient=own)
    path = files.path_of(job.public_id, item.public_id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"Nora")
    with django_capture_on_commit_callbacks(execute=True):
        brought(content, nora)
    assert not path.exists()
    line = Erasure.objects.get(number=own.pk)
    assert (line.kind, line.asked_by_pk) == ("record", nora.pk)


def test_ten_files_an_hour_are_enough(sign_in):
    client = sign_in(make_user("nora"))
    answers = [client.post(BRING, sent(b"x")) for _ in range(BRINGS_PER_HOUR + 1)]
    assert [a.status_code for a in answers] == [200] * BRINGS_PER_HOUR + [429]
    assert "Try again in an hour." in answers[-1].content.decode()
    assert client.get(BRING).status_code == 200
    other = sign_in(make_user("nils")).post(BRING, sent(b"x"))
    assert other.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_second_file_of_one_account_waits_for_no_first_one(sign_in, content):
    """It is refused at once, so that no second thread of the site is kept busy."""
    nora = make_user("nora")
    client = sign_in(nora)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                f"SELECT 1 FROM {User._meta.db_table} WHERE id = %s FOR NO KEY UPDATE",
                [nora.pk],
            )
            answer = client.post(BRING, sent(content))
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert "is being brought over already" in answer.content.decode()
    assert not Patient.objects.filter(owner=nora).exists()
    assert client.post(BRING, sent(content)).status_code == 302
