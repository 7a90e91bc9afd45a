"""What is known of an address: that mail to it comes back, and what was turned off."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.models.occurrence import Occurrence
from sharing.masking import masked
from sharing.models import User


class AddressQuerySet(models.QuerySet["Address"]):
    def troubled(self) -> Self:
        """Those that something does not go to, by their address."""
        quiet = models.Q(bounced_at=None, declined=[])
        return self.exclude(quiet).order_by("channel", "endpoint")


class Address(models.Model):
    """One endpoint of one user that messages do not, or not all, go to.

    There is a row only once something is to be said of it, and it goes with its user.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=20)
    endpoint = models.CharField(max_length=254)
    bounced_at = models.DateTimeField(null=True, blank=True)
    # The kinds of messages that whoever reads there has turned off.
    declined = ArrayField(
        models.CharField(max_length=20, choices=Occurrence.Kind),
        default=list,
        blank=True,
    )

    objects = AddressQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "endpoint"],
                name="notifications_address_once",
            )
        ]

    def __str__(self) -> str:
        return f"address {self.pk}"

    @property
    def masked(self) -> str:
        """The address as its owner knows it and others beside the screen do not."""
        return masked(self.endpoint)
