"""What is kept of an account beside the account: agreed to, happened, and rescued."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models.log import AccessEvent
from sharing.models.users import User

# How long the owner of an account has to say no before its second step is removed
# (design choice: a weekend away from the mailbox).
RECOVERY_WAIT: Final = timedelta(hours=72)
RECOVERY_LIFE: Final = timedelta(days=14)  # after the wait; then it must be asked again


class Consent(models.Model):
    """Someone agreed to the words of one version, at that moment (UTC)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="consents")
    version = models.CharField(max_length=10)  # the day on which the words were new
    given_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"], name="sharing_consent_given_once"
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class AccountEvent(models.Model):
    """Something happened to an account. Rows are only ever added.

    Plain numbers instead of foreign keys, as in AccessEvent, and no network address:
    what cannot be erased must say nothing of a person. A refused sign-in to an address
    that nobody has leaves a row too, without a user, so that both take as long.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGNED_OUT = "signed_out", _("Signed out")
        OTHERS_OUT = "others_out", _("Other places were signed out")
        PASSWORD_REFUSED = "password_refused", _("A wrong password was refused")
        STEP_REFUSED = "step_refused", _("A wrong second step was refused")
        PASSWORD_CHANGED = "password_changed", _("The password was changed")
        PASSWORD_RESET = "password_reset", _("A new password was set by mail")
        PASSKEY_ADDED = "passkey_added", _("A passkey was added")
        PASSKEY_REMOVED = "passkey_removed", _("A passkey was removed")
        APP_ON = "app_on", _("The authenticator app was turned on")
        APP_OFF = "app_off", _("The authenticator app was turned off")
        CODES_MADE = "codes_made", _("Recovery codes were made")
        CODE_USED = "code_used", _("A recovery code was used")
        EMAIL_ADDED = "email_added", _("An e-mail address was added")
        EMAIL_CHANGED = "email_changed", _("The e-mail address was changed")
        EMAIL_REMOVED = "email_removed", _("An e-mail address was removed")
        CONSENTED = "consented", _("Agreed to how CapLeak keeps the diary")
        RESCUE_ASKED = (
            "rescue_asked",
            _("Staff were asked to remove the second step"),
        )
        RESCUE_STOPPED = "rescue_stopped", _("The removal was stopped")
        RESCUE_DONE = "rescue_done", _("Staff removed the second step")
        STAFF_LOOKED = "staff_looked", _("Staff opened a diary, with a reason")

    at = models.DateTimeField(db_default=Now())
    user_pk = models.BigIntegerField(null=True)
    by_pk = models.BigIntegerField(null=True)  # of staff, if it was not the user
    kind = models.CharField(max_length=20, choices=Kind)
    device = models.CharField(max_length=10, choices=AccessEvent.Device)

    class Meta:
        indexes = [
            models.Index(fields=["user_pk", "-at"], name="sharing_account_event_of")
        ]

    def __str__(self) -> str:
        return f"account event {self.pk}"


class AccountRecoveryQuerySet(models.QuerySet["AccountRecovery"]):
    def open(self) -> Self:
        """Neither done nor stopped, and not forgotten for too long."""
        return self.filter(
            done_at=None, stopped_at=None, ready_at__gt=Now() - RECOVERY_LIFE
        )

    def ready(self) -> Self:
        """Open, and the owner had the time to say no."""
        return self.open().filter(ready_at__lte=Now())


class AccountRecovery(models.Model):
    """Staff were asked to remove the second step of an account whose owner lost it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recoveries")
    reason = models.CharField(_("how you know who it is"), max_length=500)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    ready_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager[AccountRecovery]] = (
        AccountRecoveryQuerySet.as_manager()
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(done_at=None, stopped_at=None),
                name="sharing_recovery_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at=None)
                | models.Q(done_at__gte=models.F("ready_at"), stopped_at=None),
                name="sharing_recovery_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"recovery {self.pk}"
