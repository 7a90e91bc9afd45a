"""What a take-out tells of access, messages and the account: all of it, no address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from capleak.exports.takeout.account import PARTS, about
from capleak.exports.takeout.inventory import ACCOUNT, NOT_TOLD, TOLD
from diary.models import CheckIn
from notifications.models import Delivery, Occurrence
from prophylaxis.models import RecallConsent
from sharing.models import AccessEvent, Correction, HandOver, Merge, Patient, User
from tests.exports.test_takeout import assert_same, brought, lines, newcomer, taken
from tests.sharing.rows import bare_checkin, bare_grant, notice_of, ongoing_attack

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ALL_HAVE = {"id", "public_id", "patient", "user"}
# Where the file has another word for a column.
SAID_AS = {
    "sharing.Grant.user": "who",
    "sharing.AccessEvent.actor_pk": "who",
    "sharing.AccessEvent.grant_kind": "kind",
    "notifications.Delivery.user": "to",
    "notifications.Answer.user": "by",
    "sharing.Correction.target": "entry_at",
    "sharing.Correction.asked_by_name": "asked_by",
    "sharing.Correction.decided_by_name": "decided_by",
    "sharing.HandOver.by": "offered_by",
    "sharing.Merge.source_name": "name",
}


def somebody(name: str, called: str) -> User:
    return User.objects.create_user(f"{name}@secret.example", name=called)


@pytest.fixture
def record() -> Patient:
    """A record with a line of everything that is only told."""
    owner, doctor = somebody("olga", "Olga"), somebody("house", "Dr. House")
    nameless = somebody("nameless", "")
    made = Patient.objects.create(owner=owner, name="Olga", zone="Europe/Berlin")
    bare_grant(
        made,
        user=doctor,
        accepted_at=NOW,
        invited_by=owner,
        meant_for="my doctor",
        claimed_by=doctor,
        claimed_at=NOW,
        invited_email="",
    )
    bare_grant(made, invited_email="somebody@secret.example", invited_by=nameless)
    AccessEvent.objects.create(
        patient_pk=made.pk,
        actor_pk=nameless.pk,
        permission="view",
        route="today",
        method="GET",
        device="phone",
        allowed=True,
    )
    notice = notice_of(made)
    notice.answers.create(user=nameless, what="seen", at=NOW)
    Delivery.objects.create(
        occurrence=notice,
        user=nameless,
        channel="email",
        endpoint="nameless@secret.example",
        message_id="one",
    )
    RecallConsent.objects.create(patient=made, given_by=owner)
    for about_what, target in (
        ("checkin", bare_checkin(made).client_id),
        ("attack", ongoing_attack(made).public_id),
    ):
        Correction.objects.create(
            patient=made,
            about=about_what,
            target=target,
            words="It was Tuesday",
            asked_by=nameless,
            asked_by_name=str(nameless),
        )
    HandOver.objects.create(
        patient=made,
        email="next@secret.example",
        by=doctor,
        token_hash="y",
        expires_at=NOW,
    )
    Merge.objects.create(
        patient=made,
        source_pk=10**9,
        source_public_id="5f0c6a1e-3f1c-4a7e-9a0a-000000000001",
        source_name="Olga",
        by=doctor,
    )
    return made


def said(record: Patient, kind: str) -> list[dict[str, Any]]:
    return [row["told"] for row in lines(taken(record), "told") if row["kind"] == kind]


def test_every_column_of_what_is_told_is_in_the_file_or_left_out_with_a_reason(record):
    missing = []
    for kind, models in TOLD.items():
        if kind == "brought":
            continue  # as it came
        (told, *_) = said(record, kind)
        keys = {models[0]: told.keys()}
        if kind == "message":
            sent, answers = told["sent"][0].keys(), told["answers"][0].keys()
            keys |= {models[1]: sent, models[2]: answers}
        for model, found in keys.items():
            for field in model._meta.concrete_fields:
                label = f"{model._meta.label}.{field.name}"
                said_as = SAID_AS.get(label, field.name)
                if said_as not in found and label not in NOT_TOLD:
                    missing += [label] * (field.name not in ALL_HAVE)
    assert missing == []
    assert all(NOT_TOLD.values())


def test_every_column_of_the_account_is_in_its_file_or_left_out_with_a_reason(record):
    assert record.owner is not None
    whole = about(record.owner)
    of_user = {"date_joined": "joined_at", "last_login": "last_sign_in_at"}
    told = {model: set(names) for model, _whose, names in PARTS.values()}
    for model, _whose, names in PARTS.values():
        told[model] |= set(names)
    missing: list[str] = []
    for model in ACCOUNT:
        found = told.get(model) or {
            field.name
            for field in model._meta.concrete_fields
            if of_user.get(field.name, field.name) in whole
        }
        # Of access, what the record's own file tells is not told to who has it.
        others = {"invited_by", "meant_for", "revoked_by", "claimed_by"}
        missing += [
            f"{model._meta.label}.{field.name}"
            for field in model._meta.concrete_fields
            if field.name not in found | ALL_HAVE | others
        ]
    assert [label for label in missing if label not in NOT_TOLD] == []


def test_no_exception_is_for_a_column_that_is_not_there():
    models = [*ACCOUNT, *(model for models in TOLD.values() for model in models)]
    there = {
        f"{model._meta.label}.{field.name}"
        for model in models
        for field in model._meta.concrete_fields
    }
    assert NOT_TOLD.keys() | SAID_AS.keys() <= there


def test_a_correction_tells_of_which_entry_it_is_even_when_that_is_gone(record):
    checkin, attack = record.checkins.get(), record.attacks.get()
    expected = [checkin.at, attack.prodrome_start]
    told = [
        datetime.fromisoformat(row["entry_at"]) for row in said(record, "correction")
    ]
    assert told == expected
    CheckIn.objects.filter(pk=checkin.pk).delete()
    again = said(record, "correction")[0]["entry_at"]
    assert datetime.fromisoformat(again) == checkin.at


def test_no_address_of_anybody_stands_in_a_take_out_nor_where_it_is_brought(record):
    content = taken(record)
    for name in ("told", "people"):
        assert "@" not in json.dumps(lines(content, name))
    made = brought(content, newcomer())
    assert_same(content, taken(made))
    assert not any("@" in user.name for user in User.objects.filter(brought_for=made))
    assert said(made, "access")[0]["meant_for"] == "my doctor"
    assert said(made, "merge") == [
        {"at": said(record, "merge")[0]["at"], "by": "Dr. House", "left_over": {}}
        | {"name": "Olga"}
    ]
    assert not Occurrence.objects.filter(patient=made).exists()
