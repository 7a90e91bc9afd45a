"""A record that has no user of its own, and the people who run it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from sharing.models import Grant, Patient, Permission, User, hash_token, new_token


def child_of(*managers: User, name: str = "Mia") -> Patient:
    """A record without an owner, run by these users without an end."""
    record = Patient.objects.create(name=name, zone="Europe/Berlin")
    for manager in managers:
        run_by(record, manager)
    return record


def run_by(record: Patient, user: User, *may: str, **fields: Any) -> Grant:
    """Give somebody a grant; the whole of it unless permissions are named."""
    now = timezone.now()
    defaults = {
        "kind": Grant.Kind.CAREGIVER,
        "permissions": ["view", *may] if may else list(Permission.values),
        "starts_at": now - timedelta(minutes=5),
        "accepted_at": now,
        "invitation_expires_at": now + timedelta(days=14),
        "token_hash": hash_token(new_token()),
    }
    return Grant.objects.create(patient=record, user=user, **defaults | fields)
