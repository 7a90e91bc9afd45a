"""How infusions are found from outside the record: by a recall, and by a calendar."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now

from sharing.models import Grant, Patient, User, hash_token


class RecallConsent(models.Model):
    """The patient lets staff find this record when they search for a lot.

    Without a row staff find nothing: nobody is asked to object.
    """

    patient = models.OneToOneField(
        Patient, models.CASCADE, primary_key=True, related_name="recall_consent"
    )
    given_at = models.DateTimeField(db_default=Now())
    given_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"recall consent {self.pk}"


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def of_token(self, token: str) -> CalendarFeed | None:
        """The feed of a link's secret, if it was not taken back."""
        found = self.filter(token_hash=hash_token(token), user__is_active=True)
        return found.select_related("user").first()

    def of_person(self, patient: Patient, user: User) -> Self:
        """The feed that this person made of this record, if any."""
        return self.filter(patient=patient, user=user)


class CalendarFeed(models.Model):
    """A link by which one person's calendar reads the infusions of one record.

    It opens as much as the person who made it may see, through the same grant.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="calendar_feeds")
    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")
    # None: made by the owner. Ended with the grant; a new grant needs a new link.
    grant = models.ForeignKey(Grant, models.CASCADE, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)  # never the token
    past = models.BooleanField(default=False)  # infusions given, too
    plain = models.BooleanField(default=False)  # titles that say what it is
    created_at = models.DateTimeField(db_default=Now())
    fetched_at = models.DateTimeField(null=True)  # None: not yet

    objects: ClassVar[models.Manager[CalendarFeed]] = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "user"], name="prophylaxis_feed_one_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"

    def record(self) -> Patient | None:
        """The record as its maker sees it now; None once they do not any more."""
        seen = Patient.objects.visible_to(self.user).filter(pk=self.patient_id).first()
        if seen is None or seen.grant_pk != self.grant_id:
            return None
        return seen
