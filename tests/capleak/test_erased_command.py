"""After a restore, what was erased since the backup goes once more."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sharing.models import Erasure, Patient, User
from tests.conftest import make_user
from tests.sharing.test_deletion import runs

EARLIER = "2026-01-02T03:04:05.600000+00:00"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports"


def said(*args: str) -> str:
    out = StringIO()
    call_command("erased", *args, stdout=out)
    return out.getvalue()


def kept(tmp_path: Path, text: str) -> str:
    file = tmp_path / "erased.txt"
    file.write_text(text)
    return f"--again={file}"


def test_it_prints_numbers_that_it_takes_again(tmp_path, alice, patient, viewer, eve):
    Erasure.objects.create(kind="account", number=alice.pk, asked_at=alice.date_joined)
    Erasure.objects.create(kind="record", number=patient.pk, asked_at=alice.date_joined)
    Erasure.objects.create(kind="record", number=10**9, asked_at=alice.date_joined)
    lines = said()
    assert lines.splitlines()[0].startswith(f"account {alice.pk} 20")
    assert said(kept(tmp_path, lines)) == "2 erased, 1 not there.\n"
    assert not Patient.objects.filter(pk=patient.pk).exists()
    assert list(User.objects.order_by("pk")) == sorted(
        [viewer, eve], key=lambda u: u.pk
    )


def test_an_account_comes_after_the_records_that_it_alone_ran(tmp_path, viewer):
    child = Patient.objects.create(name="Lena", zone="UTC")
    runs(viewer, child)
    lines = f"account {viewer.pk}\nrecord {child.pk}\n"
    assert said(kept(tmp_path, lines)) == "2 erased, 0 not there.\n"


def test_who_got_a_number_after_it_was_erased_is_left_alone(tmp_path, alice, patient):
    lines = f"account {alice.pk} {EARLIER}\nrecord {patient.pk} {EARLIER}\n"
    said_last = said(kept(tmp_path, lines)).splitlines()
    assert said_last == [
        "0 erased, 0 not there.",
        "2 newer than the erasure of its number, kept.",
    ]
    assert Patient.objects.get(pk=patient.pk).owner == alice


@pytest.mark.parametrize(
    "text",
    ["record x", "user 1", "record", "é", "record 1 x", "record 1 2026-01-01T00:00:00"],
)
def test_what_is_no_list_of_it_erases_nothing(tmp_path, db, text):
    bystander = make_user("bystander")
    with pytest.raises(CommandError, match="no lines of this command"):
        said(kept(tmp_path, f"account {bystander.pk}\n{text}\n"))
    assert User.objects.filter(pk=bystander.pk).exists()
