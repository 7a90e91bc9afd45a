"""Mark an address by hand, when the mail service cannot tell by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.addresses import mark_bounced


class Command(BaseCommand):
    help = "Mark an address that mail comes back from; its user is shown, and can undo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        if not mark_bounced([address]):
            raise CommandError("No account has confirmed this address.")
        self.stdout.write("Marked: nothing but urgent messages is sent there.")
