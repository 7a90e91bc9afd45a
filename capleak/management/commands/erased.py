"""After a restore: what was erased since the backup must go once more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

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
                self.stdout.write(f"{line.kind} {line.number}")
            return
        try:
            with open(again, encoding="ascii") as lines:  # noqa: PTH123 - /dev/stdin too
                erased = [self._erase(*line) for line in _numbers(lines)]
        except (OSError, ValueError) as problem:
            raise CommandError(
                f"These are no lines of this command: {problem}"
            ) from None
        self.stdout.write(f"{sum(erased)} erased, {erased.count(False)} not there.")

    def _erase(self, kind: str, number: int) -> bool:
        now = timezone.now()
        if kind == Erasure.Kind.RECORD:
            patient = Patient.objects.filter(pk=number).first()
            if patient is not None:
                erasing.forget_record(patient, asked_at=now, by=None)
            return patient is not None
        user = User.objects.filter(pk=number).first()
        return user is not None and erasing.forget_account(user, asked_at=now)


def _numbers(lines: Iterable[str]) -> list[tuple[str, int]]:
    """The lines, records first, because an account must not hold one any more."""
    found = []
    for line in lines:
        kind, number = line.split()
        found.append((str(Erasure.Kind(kind)), int(number)))
    return sorted(found, key=lambda each: each[0] != Erasure.Kind.RECORD)
