"""What may leave the house of an export of several diaries, and for how long."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from capleak.exports import formats, many, store
from sharing.models import (
    ExportItem,
    ExportJob,
    Grant,
    Patient,
)
from tests.capleak.exporting import asked, exports, fetched, written
from tests.exports.files import opened_zip
from tests.sharing.test_deletion import long_ago

pytestmark = pytest.mark.usefixtures("export_formats")

State = ExportItem.State


def test_nobody_else_fetches_it(sign_in, doctor, two, alice, eve):
    job = written(doctor, *two)
    exports(alice, two[0])
    Grant.objects.filter(user=alice).update(kind="caregiver")
    for other in (alice, eve):
        browser = sign_in(other)
        for address in (
            f"/exports/{job.public_id}/",
            f"/exports/{job.public_id}/file/",
        ):
            assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"revoked_at": timezone.now()}, ["Cleo"]),
        ({"permissions": ["view"]}, ["Cleo"]),
        ({"hidden": ["period"]}, ["Cleo"]),
        ({"told": ["act"]}, ["Ben", "Cleo"]),
    ],
)
def test_what_is_no_longer_allowed_does_not_leave_the_house(
    sign_in, doctor, two, change, left
):
    job = written(doctor, *two)
    Grant.objects.filter(patient=two[0]).update(**change)
    found = fetched(job)
    assert [found[name].split()[0] for name in sorted(found) if "0" in name] == left
    page = sign_in(doctor).get(f"/exports/{job.public_id}/").content.decode()
    assert ("are left out" in page) is (len(left) == 1)


@pytest.mark.parametrize(
    ("key", "begins"),
    [
        ("summary", b"%PDF-1.7"),
        ("history", b"%PDF-1.7"),
        ("csv", b"PK\x03\x04"),
        ("fhir-summary", b'{"resourceType":"Bundle"'),
        ("fhir", b'{"resourceType":"Bundle"'),
    ],
)
def test_every_format_goes_through_the_worker(sign_in, doctor, two, key, begins):
    job = written(doctor, *two, key=key)
    assert job.state == ExportJob.State.DONE
    answer = sign_in(doctor).get(f"/exports/{job.public_id}/file/")
    assert answer["Content-Type"] == "application/zip"
    assert re.fullmatch(
        rf'attachment; filename="capleak-{key}-\d{{4}}-\d\d-\d\d-2.zip"',
        answer["Content-Disposition"],
    )
    assert "no-store" in answer["Cache-Control"]
    found = opened_zip(answer)
    end = formats.FORMATS[key].extension
    assert sorted(found) == [f"0001.{end}", f"0002.{end}", "contents.csv"]
    for name in sorted(found)[:2]:
        assert found[name].startswith(begins)
    # Taken away between the writing and the next fetching.
    Grant.objects.filter(patient=two[0]).update(revoked_at=timezone.now())
    left = opened_zip(sign_in(doctor).get(f"/exports/{job.public_id}/file/"))
    assert sorted(left) == [f"0001.{end}", "contents.csv"]
    assert left[f"0001.{end}"] == found[f"0002.{end}"]


def test_a_new_grant_does_not_revive_an_old_file(doctor, two):
    job = written(doctor, two[0])
    Grant.objects.filter(patient=two[0]).update(revoked_at=timezone.now())
    exports(doctor, two[0])
    assert list(fetched(job)) == ["contents.csv"]


def test_who_is_removed_while_it_runs_gets_no_more_of_it(doctor, two):
    job = written(doctor, *two)
    stream = many.fetch(job)
    first = next(stream)
    Grant.objects.filter(user=doctor).update(revoked_at=timezone.now())
    rest = b"".join(stream)
    assert b"0001.txt" in first
    assert b"0002.txt" not in rest


def test_with_nothing_left_the_page_says_so(sign_in, doctor, two):
    job = written(doctor, *two)
    Grant.objects.filter(user=doctor).update(permissions=["view"])
    answer = sign_in(doctor).get(f"/exports/{job.public_id}/file/", follow=True)
    assert "There is nothing left in it that you may fetch." in answer.content.decode()


def test_after_a_day_it_is_gone_from_the_page_and_the_disk(sign_in, doctor, two):
    job = written(doctor, *two)
    ExportJob.objects.filter(pk=job.pk).update(expires_at=timezone.now())
    assert sign_in(doctor).get(f"/exports/{job.public_id}/file/").status_code == 404
    assert many.clear() == 1
    assert not store.folder_of(job.public_id).exists()
    assert not ExportJob.objects.filter(pk=job.pk).exists()


def test_the_file_of_a_revoked_record_leaves_the_disk(doctor, two):
    job = written(doctor, *two)
    Grant.objects.filter(patient=two[0]).update(revoked_at=timezone.now())
    many.clear()
    held = [path.name for path in store.folder_of(job.public_id).iterdir()]
    assert held == [str(job.items.get(patient=two[1]).public_id)]


def test_what_a_crash_left_on_the_disk_goes_and_what_is_not_ours_stays(
    doctor, two, settings
):
    job = written(doctor, *two)
    ExportJob.objects.filter(pk=job.pk).delete()
    (settings.EXPORT_ROOT / "lost+found").mkdir()
    many.clear()
    assert [path.name for path in settings.EXPORT_ROOT.iterdir()] == ["lost+found"]


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_a_file_that_no_row_names_any_more_leaves_the_disk(doctor, two, suffix):
    """The record was erased, or went into another, and the rest was cut short."""
    job = written(doctor, *two)
    lost, kept = job.items.order_by("pk")
    path = store.path_of(job.public_id, lost.public_id)
    path.replace(path.with_suffix(suffix))
    lost.delete()
    many.clear()
    held = [path.name for path in store.folder_of(job.public_id).iterdir()]
    assert held == [str(kept.public_id)]


def test_a_file_that_is_being_written_stays(doctor, two):
    job = asked(doctor, *two)
    store.write(store.path_of(job.public_id, job.items.all()[0].public_id), [b"half"])
    many.clear()
    assert len(list(store.folder_of(job.public_id).iterdir())) == 1


def test_names_are_no_formulas(doctor):
    person = Patient.objects.create(name="=1+1", zone="UTC")
    exports(doctor, person)
    assert "'=1+1" in fetched(written(doctor, person))["contents.csv"]


def test_who_signed_in_long_ago_is_asked_who_they_are(sign_in, doctor, two):
    job = written(doctor, *two)
    answer = long_ago(sign_in(doctor)).get(f"/exports/{job.public_id}/file/")
    assert "/reauthenticate/" in answer.headers["Location"]
