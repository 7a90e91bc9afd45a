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
        return self.shown_name or masked(self.email)

    @property
    def shown_name(self) -> str:
        """The name, with the words that it was brought over if it was; perhaps none."""
        if self.brought_for_id is not None:
            return brought_over(self.name)
        return self.name

    @property
    def known_as(self) -> str:
        """As themselves, and those who run a record, know them: an address in full.

        Everybody else is shown str(user). An invitation says from whom it is.
        """
        return self.shown_name or self.email


def brought_over(name: str) -> str:
    """A name for which there is nothing but the word of a file."""
    return _("%(name)s (brought over)") % {"name": name}


def as_signed(name: str, author: User | None) -> str:
    """The name under which words stand, kept with them as it was then.

    A file that was brought over can sign anything with any name. Whoever left an
    account here left no name behind, so a name without anybody came with a file too.
    """
    is_from_here = author is not None and author.brought_for_id is None
    return name if is_from_here or not name else brought_over(name)


def display_name(user: User) -> str:
    """What allauth's pages and mails call a user."""
    return user.known_as
