"""The take-out: everything is in it, and it comes back as it was, byte by byte."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey

from capleak.exports.takeout.inventory import LEFT_OUT, ROWS, listed
from capleak.exports.takeout.reading import Refused, opened
from capleak.exports.takeout.storing import HasOne, store
from capleak.exports.takeout.writing import takeout
from diary import history
from diary.models import CheckIn
from sharing.models import Grant, Patient, User
from tests.exports.files import opened_zip
from tests.exports.generated import Story

pytestmark = pytest.mark.django_db


def taken(record: Patient) -> bytes:
    return b"".join(takeout(record))


def brought(content: bytes, by: User) -> Patient:
    return store(opened(io.BytesIO(content)), by=by)


def newcomer(name: str = "nora") -> User:
    return User.objects.create_user(f"{name}@example.net", name="Nora")


def told(seed: int) -> Patient:
    owner = User.objects.create_user(f"owner{seed}@example.net", name="=Olga")
    others = [
        User.objects.create_user(f"other{n}.{seed}@example.net", name=name)
        for n, name in enumerate(["Bob", "Bob", ""])
    ]
    return Story(seed, owner, others).tell()


def lines(content: bytes, name: str) -> list[dict[str, Any]]:
    text = opened_zip([content])[f"record/{name}.jsonl"].decode()
    return [json.loads(line) for line in text.split("\n") if line]


@pytest.fixture(scope="module")
def good(django_db_setup: None, django_db_blocker: Any) -> bytes:
    with django_db_blocker.unblock(), transaction.atomic():
        content = taken(told(5))
        transaction.set_rollback(True)
    return content


# --- Byte by byte -------------------------------------------------------------------


def assert_same(content: bytes, again: bytes) -> None:
    before, after = opened_zip([content]), opened_zip([again])
    assert before.keys() == after.keys()
    for name in before:
        assert before[name] == after[name], name
    assert content == again


def test_the_demo_comes_back_byte_by_byte(demo):
    content = taken(demo)
    assert_same(content, taken(brought(content, newcomer())))


@pytest.mark.parametrize("seed", range(3))
def test_any_record_comes_back_byte_by_byte(seed):
    content = taken(told(seed))
    again = taken(brought(content, newcomer()))
    assert_same(content, again)
    assert_same(content, taken(brought(again, newcomer("nils"))))


def test_generated_records_hold_everything(good):
    """Else coming back as it was would prove little."""
    content = good
    empty = {
        name
        for name, found in opened_zip([content]).items()
        if name.startswith("record/") and not found
    }
    not_made_here = {  # of the demo and of files that were brought in
        "record/diary.importrun.jsonl",
        "record/attacks.casereport.jsonl",
        "record/diary.flaganswer.jsonl",
        "record/diary.flagchange.jsonl",
        "record/diary.prodromeflag.jsonl",
        "record/prophylaxis.appointment.earlier.jsonl",
    }
    earlier_of_facts = {n for n in empty if n.startswith("record/attacks.")}
    assert empty - earlier_of_facts <= not_made_here
    assert len(lines(content, "diary.checkin.earlier")) > 5
    assert len(lines(content, "told")) >= 4


def test_every_version_and_what_was_deleted_can_be_read_after_the_move():
    record = told(1)
    made = brought(taken(record), newcomer())
    ids = {row.client_id for row in record.checkins.all()} | set(history.gone(record))
    assert list(history.gone(made)) == list(history.gone(record)) != []
    before, after = history.versions_of(record, ids), history.versions_of(made, ids)
    for client_id in ids:
        pairs = zip(before[client_id], after[client_id], strict=True)
        for one, other in pairs:
            assert (one.number, one.recorded_at) == (other.number, other.recorded_at)
            assert (one.began.what, one.began.at) == (other.began.what, other.began.at)
            assert (one.said.note, one.said.tags) == (other.said.note, other.said.tags)
            assert one.said.readings == other.said.readings
            assert (one.entered_by is None) == (other.entered_by is None)


# --- Nothing is forgotten -----------------------------------------------------------


def test_every_table_that_leads_to_a_person_is_taken_out_or_named_with_a_reason():
    led: set[Any] = {Patient, User}
    while True:
        found = {
            model
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.related_model in led
        }
        if found <= led:
            break
        led |= found
    labels = {model._meta.label for model in led} | {"sharing.AccessEvent"}
    assert labels - listed() == set()
    assert all(LEFT_OUT.values())


def test_every_column_of_a_kept_table_comes_along_or_is_made_anew(good):
    content = opened_zip([good])
    for kept in ROWS:
        text = content[f"record/{kept.name}.jsonl"]
        if not text:
            continue
        columns = {field.name for field in kept.model._meta.concrete_fields}
        left = columns - json.loads(text.split(b"\n")[0]).keys()
        assert left <= {"id", "public_id", "patient", *kept.leave}, kept.name


# --- Nobody gets anything by it -----------------------------------------------------


def test_a_file_gives_nobody_access_and_signs_nobody_in(good):
    made = brought(good, newcomer())
    assert not Grant.objects.filter(patient=made).exists()
    people = User.objects.filter(brought_for=made)
    assert {str(user) for user in people} == {"Bob (brought over)", "? (brought over)"}
    assert not any(user.is_active or user.has_usable_password() for user in people)
    named = made.checkins.exclude(entered_by=made.owner).values("entered_by")
    assert named.exists()
    assert not named.exclude(entered_by__brought_for=made).exists()
    assert not hasattr(made, "recall_consent")


def test_erasing_a_record_that_was_brought_over_erases_whom_it_named(good):
    made = brought(good, newcomer())
    owner, pk = made.owner, made.pk
    made.delete()
    assert not User.objects.filter(name="Bob", brought_for=pk).exists()
    assert User.objects.filter(pk=owner.pk).exists()
    assert not CheckIn.pgh_event_model.objects.filter(patient=pk).exists()


def test_what_is_empty_makes_room_and_what_is_written_does_not(patient, alice, good):
    made = brought(good, alice)
    assert Patient.objects.get(owner=alice).pk == made.pk != patient.pk
    with pytest.raises(HasOne):
        brought(good, alice)
    assert_same(good, taken(made))


# --- What is no take-out ------------------------------------------------------------


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    files = opened_zip([content])
    files[name] = change(files[name])
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for each, found in files.items():
            archive.writestr(each, found)
    return packed.getvalue()


def first(content: bytes, **new: Any) -> bytes:
    """The file with other values in its first line."""
    head, _, rest = content.partition(b"\n")
    return json.dumps(json.loads(head) | new).encode() + b"\n" + rest


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("diary.checkin", {"zone": "Mars/Base"}),
        ("diary.checkin", {"at": "9999-12-31T23:59:59-14:00"}),
        ("diary.checkin", {"at": "2025-03-14T06:30:00"}),
        ("diary.checkin", {"day": "2001-01-01"}),
        ("diary.checkin", {"note": "a\0b"}),
        ("diary.checkin", {"note": 5}),
        ("diary.checkin", {"version": -1}),
        ("diary.checkin", {"tags": ["party"]}),
        ("diary.checkin", {"entered_by": 9999}),
        ("diary.checkin", {"entered_by": {"pk": 1}}),
        ("diary.checkin", {"imported_in": 1}),
        ("diary.checkin", {"patient": 1}),
        ("diary.symptom", {"checkin": 99999}),
        ("diary.symptom", {"code": "joy", "custom": None}),
        ("diary.measurement", {"quantity": "height"}),
        ("diary.measurement", {"value": "NaN"}),
        ("diary.profile", {"usual_symptoms": {"joy": 9}}),
        ("diary.profile", {"pinned": ["own:x"]}),
        ("diary.profile", {"pinned": [["own:1"]]}),
        ("attacks.attack", {"leak_start": None, "end": None}),
        ("attacks.attack", {"end": "2001-01-01T00:00:00+00:00"}),
        ("sharing.patient", {"units": {"weight": "stone"}}),
        ("sharing.patient", {"name": "x" * 81}),
        ("sharing.patient", {"name": ""}),
        ("diary.checkin.earlier", {"pgh_context": 10_000}),
        ("changes", {"metadata": {"by": 7777}}),
        ("changes", {"metadata": {"by": "<b>"}}),
        ("told", {"kind": "grant"}),
        ("people", {"name": ["Bob"]}),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_whole(good, name, new):
    content = changed(good, f"record/{name}.jsonl", lambda found: first(found, **new))
    user = newcomer()
    with pytest.raises(Refused):
        brought(content, user)
    assert not Patient.objects.filter(owner=user).exists()
    assert not User.objects.filter(email__endswith="@brought.invalid").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"not a zip",
        b"[" * 100_000,
    ],
)
def test_what_is_no_zip_is_refused(content):
    with pytest.raises(Refused):
        opened(io.BytesIO(content))


def test_a_damaged_or_foreign_zip_is_refused(good):
    for change in (
        lambda found: b"[" * 100_000,
        lambda found: b'{"format":"other","version":1}',
        lambda found: b'{"format":"capleak-takeout","version":2}',
    ):
        with pytest.raises(Refused):
            opened(io.BytesIO(changed(good, "record/format.json", change)))
    at = good.index(b"record/diary.checkin.jsonl") + 60
    damaged = good[:at] + bytes(40) + good[at + 40 :]
    with pytest.raises(Refused):
        brought(damaged, newcomer())


def test_a_line_that_unpacks_to_more_than_a_diary_is_refused(good):
    bomb = changed(good, "record/told.jsonl", lambda found: b" " * 30_000_000)
    assert len(bomb) < 300_000
    with pytest.raises(Refused):
        brought(bomb, newcomer())
