"""What a grant can allow, leave out and let somebody be told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    VIEW = "view", _("See the diary")
    LOG = "log", _("Add entries")
    EXPORT = "export", _("Export")
    MANAGE = "manage", _("Manage: settings, plan and people")


class Category(models.TextChoices):
    """What a grant may leave out."""

    NOTES = "notes", _("Notes")
    OWN_SYMPTOMS = "own_symptoms", _("Symptoms in their own words")
    PERIOD = "period", _("Period")


class Topic(models.TextChoices):
    """What someone with a grant can be told about, outside the app too."""

    WATCH = "watch", _("The diary looks unusual")
    ACT = "act", _("The diary looks very unusual")
    HELP = "help", _("“Tell my caregivers” was pressed")
    INFUSION = "infusion", _("An infusion is overdue")
    HOSPITAL = "hospital", _("Going to and coming from hospital")
