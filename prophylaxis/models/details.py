"""What belongs to one infusion: lots, rates, and reactions to it.

An edit replaces these rows whole, inside one pghistory context with the infusion's own
change, so that the events of one context are one complete earlier version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import pghistory
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from prophylaxis.models.infusions import Infusion
from sharing.models import Category, Patient


def lot_key(number: str | models.Value = "number") -> Upper:
    """A lot number as it is searched for: its letters and digits, in capitals; indexed.

    Spaces and dashes are typed by some and not by others.
    """
    pattern, nothing, everywhere = map(models.Value, ("[^[:alnum:]]", "", "g"))
    return Upper(
        models.Func(
            number,
            pattern,
            nothing,
            everywhere,
            function="REGEXP_REPLACE",
            output_field=models.TextField(),
        )
    )


class LotQuerySet(models.QuerySet["Lot"]):
    def numbered(self, number: str) -> Self:
        """Lots of this number, however it was spaced, dashed or capitalized."""
        if not any(map(str.isalnum, number)):
            return self.none()
        return self.alias(key=lot_key()).filter(key=lot_key(models.Value(number)))

    def usual(self, patient: Patient) -> list[Lot]:
        """Those of the latest infusion that has any; the next may be alike."""
        own = Infusion.objects.filter(patient=patient, lots__isnull=False)
        latest = own.order_by("-started_at", "-pk").values("pk")[:1]
        return list(self.filter(infusion__in=latest).order_by("pk"))

    def known_products(self, patient: Patient) -> dict[str, Known]:
        """What this patient's vials were, by the product number of their codes."""
        own = self.filter(infusion__patient=patient).exclude(gtin="")
        rows = own.order_by("infusion__started_at", "pk").select_related("infusion")
        return {
            lot.gtin: Known(lot.product or lot.infusion.product, lot.vial_g)
            for lot in rows
        }


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier vial with the same product number was."""

    product: str
    vial_g: Decimal | None


@pghistory.track(pghistory.DeleteEvent())
class Lot(models.Model):
    """Vials of one lot in one infusion; one infusion has several."""

    infusion = models.ForeignKey(Infusion, models.CASCADE, related_name="lots")
    number = models.CharField(_("lot"), max_length=40)
    product = models.CharField(_("product"), max_length=80, blank=True)  # as infused
    gtin = models.CharField(max_length=14, blank=True)  # of the code on the vial
    vial_g = models.DecimalField(
        _("grams per vial"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    count = models.PositiveSmallIntegerField(_("vials"), default=1)
    expires_on = models.DateField(_("use by"), null=True, blank=True)

    objects: ClassVar[models.Manager[Lot]] = LotQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__regex=r"\S"),
                name="prophylaxis_lot_has_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(count__gt=0), name="prophylaxis_lot_has_vials"
            ),
            models.CheckConstraint(
                condition=models.Q(vial_g=None) | models.Q(vial_g__gt=0),
                name="prophylaxis_lot_size_positive",
            ),
        ]
        indexes = [models.Index(lot_key(), name="prophylaxis_lot_by_number")]

    def __str__(self) -> str:
        return f"lot {self.pk}"

    @property
    def grams(self) -> Decimal | None:
        """What these vials hold together, if their size is known."""
        return None if self.vial_g is None else self.vial_g * self.count


@pghistory.track(pghistory.DeleteEvent())
class RateStep(models.Model):
    """The rate of an infusion from one moment on."""

    infusion = models.ForeignKey(Infusion, models.CASCADE, related_name="rate_steps")
    at = models.DateTimeField(_("from"))
    ml_per_h = models.DecimalField(_("rate (mL/h)"), max_digits=6, decimal_places=1)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["infusion", "at"], name="prophylaxis_rate_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(ml_per_h__gt=0), name="prophylaxis_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"rate {self.pk}"

    @property
    def local_at(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.infusion.zone))


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def readable(self, patient: Patient) -> Self:
        """Reactions of the opened record; `shown_other`, `shown_action` as allowed."""
        hidden = patient.hides(Category.NOTES)

        def shown(text: str) -> models.Value | models.F:
            return models.Value("") if hidden else models.F(text)

        return (
            self.filter(infusion__patient=patient)
            .annotate(shown_other=shown("other"), shown_action=shown("action"))
            .defer("other", "action")
        )


@pghistory.track(pghistory.DeleteEvent())
class Reaction(models.Model):
    """Something felt or found during or after an infusion, and what was done."""

    class Kind(models.TextChoices):
        """The domain sheet's list, section 12, and what is not on it."""

        HEADACHE = "headache", _("headache")
        FEVER = "fever", _("fever")
        CHILLS = "chills", _("chills")
        NAUSEA = "nausea", _("nausea")
        RASH = "rash", _("rash")
        DYSPNEA = "dyspnea", _("short of breath")
        CHEST_TIGHTNESS = "chest_tightness", _("tight chest")
        LOW_PRESSURE = "low_pressure", _("low blood pressure")
        HIGH_PRESSURE = "high_pressure", _("high blood pressure")
        MENINGITIS = "meningitis", _("aseptic meningitis")
        THROMBOSIS = "thrombosis", _("blood clot (thrombosis)")
        HEMOLYSIS = "hemolysis", _("breakdown of red blood cells (hemolysis)")
        RENAL = "renal", _("kidney trouble")
        OTHER = "other", _("something else")

    class Severity(models.TextChoices):
        MILD = "mild", _("mild")
        MODERATE = "moderate", _("moderate")
        SEVERE = "severe", _("severe")

    infusion = models.ForeignKey(Infusion, models.CASCADE, related_name="reactions")
    kind = models.CharField(max_length=16, choices=Kind)
    other = models.CharField(_("what it was"), max_length=80, blank=True)
    onset_at = models.DateTimeField(_("began"), null=True, blank=True)
    severity = models.CharField(max_length=8, choices=Severity)
    action = models.CharField(_("what was done"), max_length=200, blank=True)
    shown_other: str  # set by readable()
    shown_action: str  # set by readable()

    objects: ClassVar[models.Manager[Reaction]] = ReactionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="other", other=""),
                name="prophylaxis_reaction_other_is_named",
            )
        ]

    def __str__(self) -> str:
        return f"reaction {self.pk}"

    @property
    def local_onset_at(self) -> datetime | None:
        at = self.onset_at
        return at.astimezone(ZoneInfo(self.infusion.zone)) if at else None
