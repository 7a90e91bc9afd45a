"""After SECRET_KEY was changed: encrypt the second factors with the new one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from capleak.adapter import SecondFactorAdapter

# What of a factor's data is encrypted: an app's secret; what recovery codes are made
# from until they were shown, and their hashes.
ENCRYPTED = ("secret", "seed", "hashes")


class Command(BaseCommand):
    help = (
        "Encrypt the secrets of second factors with the newest SECRET_KEY. Afterwards "
        "nothing in the database needs SECRET_KEY_FALLBACKS any more but sessions "
        "and links of before."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pks = Authenticator.objects.order_by("pk").values_list("pk", flat=True)
        self.stdout.write(f"{sum(map(encrypt_anew, pks))} encrypted anew.")


@transaction.atomic
def encrypt_anew(pk: int) -> bool:
    """Whether the factor is there and keeps a secret; somebody may use it meanwhile."""
    factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if factor is None:
        return False
    adapter = SecondFactorAdapter()
    kept = {name: factor.data[name] for name in ENCRYPTED if name in factor.data}
    factor.data |= {
        name: adapter.encrypt(adapter.decrypt(text)) for name, text in kept.items()
    }
    factor.save(update_fields=["data"])
    return bool(kept)
