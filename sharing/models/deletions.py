"""What is to be deleted once its time has come, and that something was."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now

from sharing.models.patients import Patient
from sharing.models.users import User

# How long one can come back. A leak can end in weeks of intensive care, and whoever
# wakes up there must find the diary; a month is also the longest that the GDPR gives
# (Art. 12(3)). Design choice within that.
GRACE = timedelta(days=30)


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def due(self) -> Self:
        """Those whose time has come, oldest first; what goes along is not one."""
        return self.filter(due_at__lte=Now(), part_of=None).order_by("due_at", "pk")

    def of_user(self, user: User) -> Deletion | None:
        """The deletion of this account, if it was asked for."""
        return self.filter(user=user).first()


class Deletion(models.Model):
    """A record or an account that is deleted at `due_at` unless somebody keeps it."""

    patient = models.OneToOneField(
        Patient, models.CASCADE, null=True, related_name="deletion"
    )
    user = models.OneToOneField(
        User, models.CASCADE, null=True, related_name="deletion"
    )
    # Of a record that goes with an account: the deletion of the account.
    part_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts")
    asked_at = models.DateTimeField(db_default=Now())
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)  # shortly before, by mail

    objects: ClassVar[models.Manager[Deletion]] = DeletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(patient=None, user__isnull=False, part_of=None)
                | models.Q(patient__isnull=False, user=None),
                name="sharing_deletion_of_a_record_or_an_account",
            )
        ]

    def __str__(self) -> str:
        return f"deletion {self.pk}"


class Erasure(models.Model):
    """A record or an account is gone: a number and two times, nothing of anybody.

    The app's database role may add lines and change none, as in the access log. After
    a restore the lines written since the backup say what must go once more.
    """

    class Kind(models.TextChoices):
        RECORD = "record"
        ACCOUNT = "account"

    kind = models.CharField(max_length=7, choices=Kind)
    number = models.BigIntegerField()  # the key that it had
    asked_at = models.DateTimeField()
    asked_by_pk = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"erasure {self.pk}"
