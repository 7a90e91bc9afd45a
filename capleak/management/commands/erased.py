"""After a restore: what was erased since the backup must go once more.

A restored database counts on from the backup, so a record that is new since may have
the number of one that was erased: what began after the erasure is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from capleak import erasing
from sharing.models import Erasure, Patient, User


class Command(BaseCommand):
    help = (
        "Print what was erased, one line each, to be kept beside the backups; with "
        "--again, read such lines and erase what a restored backup brought back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", metavar="FILE", help="the lines that were kept")

    def handle(self, *args: Any, again: str | None, **options: Any) -> None:
        if again is None:
            for line in Erasure.objects.order_by("pk"):
                self.stdout.write(f"{line.kind} {line.number} {line.at.isoformat()}")
            return
        try:
            with open(again, encoding="ascii") as lines:  # noqa: PTH123 - /dev/stdin too
                erased = [_erase(*line) for line in _numbers(lines)]
        except (OSError, ValueError) as problem:
            raise CommandError(
                f"These are no lines of this command: {problem}"
            ) from None
        gone, absent = erased.count(True), erased.count(False)
        self.stdout.write(f"{gone} erased, {absent} not there.")
        if newer := erased.count(None):
            self.stdout.write(f"{newer} newer than the erasure of its number, kept.")


def _erase(kind: str, number: int, at: datetime | None) -> bool | None:
    """Whether it was there and is gone; None for what began after `at`, and stays."""
    now = timezone.now()
    if kind == Erasure.Kind.RECORD:
        patient = Patient.objects.filter(pk=number).first()
        if patient is None:
            return False
        if at and patient.created_at > at:
            return None
        erasing.forget_record(patient, asked_at=now, by=None)
        return True
    user = User.objects.filter(pk=number).first()
    if user is None:
        return False
    if at and user.date_joined > at:
        return None
    return erasing.forget_account(user, asked_at=now)


def _numbers(lines: Iterable[str]) -> list[tuple[str, int, datetime | None]]:
    """The lines, records first, because an account must not hold one any more.

    Lists that were kept before lines had a moment have none.
    """
    found = []
    for line in lines:
        kind, number, *at = line.split()
        moment = parse_datetime(*at) if at else None
        if at and (moment is None or is_naive(moment)):
            raise ValueError(line)
        found.append((str(Erasure.Kind(kind)), int(number), moment))
    return sorted(found, key=lambda each: each[0] != Erasure.Kind.RECORD)
