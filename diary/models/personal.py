"""What is personal: one's own symptoms, the diagnosis and one's usual values."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from diary.quantities import CANONICAL_PLACES
from sharing.models import Category, Patient


class CustomSymptomQuerySet(models.QuerySet["CustomSymptom"]):
    def readable(self, patient: Patient) -> Self:
        """Own words of the opened record; none where they are hidden."""
        if patient.hides(Category.OWN_SYMPTOMS):
            return self.none()
        return self.filter(patient=patient)


class CustomSymptom(models.Model):
    """A symptom in the patient's own words, perhaps meaning one of the vocabulary.

    Archived rather than deleted: old check-ins keep the word they were made with.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="custom_symptoms")
    label = models.CharField(_("in your words"), max_length=60)
    key = models.CharField(max_length=40, blank=True)  # of vocabulary.SYMPTOMS
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[models.Manager[CustomSymptom]] = (
        CustomSymptomQuerySet.as_manager()
    )

    class Meta:
        ordering = ["label", "pk"]
        constraints = [
            models.UniqueConstraint(
                "patient", Lower("label"), name="diary_customsymptom_word_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(label=""), name="diary_customsymptom_has_a_word"
            ),
        ]

    def __str__(self) -> str:
        return f"custom symptom {self.pk}"


class Profile(models.Model):
    """The diagnosis as the patient was told it, and how the form is arranged."""

    class Form(models.TextChoices):
        ACUTE = "acute", _("primary, with attacks (classic)")
        CHRONIC = "chronic", _("primary, chronic")
        SECONDARY = "secondary", _("secondary, with a known cause")

    patient = models.OneToOneField(Patient, models.CASCADE, related_name="profile")
    form = models.CharField(max_length=12, choices=Form, blank=True)
    cause = models.CharField(max_length=40, blank=True)  # a key of diary.causes
    cause_text = models.CharField(_("which"), max_length=120, blank=True)
    diagnosed_on = models.DateField(_("date of diagnosis"), null=True, blank=True)
    m_protein = models.CharField(max_length=20, blank=True)  # a key of diary.causes
    usual_symptoms = models.JSONField(default=dict, blank=True)  # {code: severity}
    pinned = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    capillary_hemoglobin = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"profile {self.pk}"


class Usual(models.Model):
    """One's usual value of a quantity, with the day it was established."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="usual_values")
    quantity = models.CharField(max_length=40)  # a key of vocabulary.QUANTITIES
    # canonical unit
    value = models.DecimalField(max_digits=12, decimal_places=CANONICAL_PLACES)
    typed_value = models.DecimalField(max_digits=12, decimal_places=4)
    typed_unit = models.CharField(max_length=20)
    measured_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "quantity"], name="diary_usual_one_per_quantity"
            )
        ]

    def __str__(self) -> str:
        return f"usual {self.pk}"
