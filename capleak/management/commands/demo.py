"""`manage.py demo`: a record to look at, with four published attacks."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from capleak.demo.load import Progress, load
from capleak.demo.people import (
    LOCAL_PASSWORD,
    OWNER,
    PEOPLE,
    addresses_in_use,
    demo_record,
)
from sharing.models import User

BAR_WIDTH = 40


class Command(BaseCommand):
    help = "Make the demo record and its three sign-ins, once; print the sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes-in-production",
            action="store_true",
            help="make it on a site for real patients too, with a password of its own",
        )

    def handle(self, *args: Any, yes_in_production: bool, **options: Any) -> None:
        if settings.PRODUCTION and not yes_in_production:
            raise CommandError(
                "This is a production site, and the demo is three accounts and an "
                "invented record. If you want them here: demo --yes-in-production"
            )
        if demo_record() is not None:
            self._print_sign_ins(self._known_password())
        elif taken := addresses_in_use():
            # No error: `make run` must still start for someone who uses the address.
            self.stderr.write(
                f"The demo is not loaded: {', '.join(taken)} already has an account."
            )
        else:
            secret = secrets.token_urlsafe(12)
            password = secret if settings.PRODUCTION else LOCAL_PASSWORD
            load(timezone.now(), password, self._progress())
            self._print_sign_ins(password)

    def _known_password(self) -> str | None:
        """The local password if it still opens Ana's account."""
        owner = User.objects.get(email=OWNER.email)
        return LOCAL_PASSWORD if owner.check_password(LOCAL_PASSWORD) else None

    def _print_sign_ins(self, password: str | None) -> None:
        said = password or "not known here, `manage.py changepassword` sets a new one"
        self.stdout.write(f"Demo sign-ins. Password: {said}")
        for person in PEOPLE:
            self.stdout.write(f"{person.email:<22} {person.name}: {person.role}")

    def _progress(self) -> Progress:
        """A bar on a terminal, nothing in a log."""
        if not self.stdout.isatty():
            return lambda share: None

        def show(share: float) -> None:
            done = round(share * BAR_WIDTH)
            bar = "#" * done + "." * (BAR_WIDTH - done)
            end = "\n" if share >= 1 else ""
            self.stdout.write(f"\rMaking the demo [{bar}]", ending=end)
            self.stdout.flush()

        return show
