"""Someone who signs in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.masking import masked


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address."""

    email = models.EmailField(gettext_lazy("e-mail"), unique=True)
    name = models.CharField(gettext_lazy("name"), max_length=80, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())
    # Somebody whom a diary names that was brought over from another account. Nobody can
    # sign in as them, and they go with the diary.
    brought_for = models.ForeignKey(
        "sharing.Patient",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="brought_people",
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="sharing_user_email_is_lower_case",
            )
        ]

    def __str__(self) -> str:
        if self.brought_for_id is not None:
            return _("%(name)s (brought over)") % {"name": self.name}
        return self.name or masked(self.email)

    @property
    def known_as(self) -> str:
        """As themselves, and those who run a record, know them: an address in full.

        Everybody else is shown str(user). An invitation says from whom it is.
        """
        return str(self) if self.name else self.email


def display_name(user: User) -> str:
    """What allauth's pages and mails call a user."""
    return user.known_as
