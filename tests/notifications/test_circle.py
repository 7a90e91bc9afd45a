"""Who in the circle is told, and that it is asked anew at every sending."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from notifications import services
from notifications.models import Delivery, Occurrence
from notifications.recipients import recipients
from sharing.models import Patient, Topic
from tests.conftest import make_user

HELP = {
    "kind": Occurrence.Kind.HELP,
    "topic": Topic.HELP,
    "subject": "help",
    "urgency": Occurrence.Urgency.URGENT,
}


@pytest.fixture
def tell(patient):
    def notice(key="help:1", **fields):
        with Patient.objects.writing(patient):
            return services.tell_circle(
                patient, key=key, now=timezone.now(), **HELP | fields
            )

    return notice


@pytest.fixture
def ben(grant_to):
    """A caregiver who is told when help is asked for, and of nothing else."""
    user = make_user("ben")
    grant_to(user, told=[Topic.HELP])
    return user


def told():
    return {delivery.user.name for delivery in Delivery.objects.all()}


def test_those_whose_grant_names_the_topic_are_told_and_nobody_else(
    tell, ben, grant_to, viewer
):
    grant_to(make_user("cleo"), told=[Topic.WATCH])
    grant_to(make_user("dan"), told=[Topic.WATCH, Topic.HELP])
    tell()
    services.sweep()
    assert told() == {"Ben", "Dan"}


def test_a_notice_is_due_at_once_and_for_two_days(tell):
    notice = tell()
    assert abs(timezone.now() - notice.due_at) < timedelta(seconds=5)
    assert notice.expires_at - notice.due_at == timedelta(days=2)


def test_the_same_key_tells_once(tell, ben):
    assert tell() == tell()
    services.sweep()
    assert Delivery.objects.count() == 1


def test_nobody_named_is_no_failure(tell, viewer):
    notice = tell()
    services.sweep()
    notice.refresh_from_db()
    assert notice.fate == Occurrence.Fate.NOBODY


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": Now()},
        {"told": []},
        {"expires_at": Now() - timedelta(seconds=30)},
    ],
    ids=["revoked", "told nothing any more", "over"],
)
def test_a_grant_that_ended_before_sending_is_told_nothing(tell, ben, patient, change):
    tell()
    (pk,) = services.sweep()
    patient.grants.update(**change)
    services.deliver(pk)
    assert mail.outbox == []
    assert Delivery.objects.get().problem == "no longer a recipient"


def test_another_records_circle_is_told_nothing(tell, ben, eve):
    eve.own_record.grants.all().delete()
    other = Occurrence(patient=eve.own_record, pk=1, audience="circle", topic="help")
    assert recipients([other]) == {1: set()}


def test_patient_and_circle_are_looked_up_together_in_three_queries(
    tell, ben, overdue, alice, django_assert_max_num_queries
):
    occurrences = [overdue("a"), overdue("b"), tell(), tell("help:2")]
    with django_assert_max_num_queries(3):
        told = recipients(occurrences)
    assert [told[o.pk] for o in occurrences] == [
        {alice.pk},
        {alice.pk},
        {ben.pk},
        {ben.pk},
    ]


def test_the_message_to_the_circle_says_nothing_of_whom_or_what(tell, ben):
    tell()
    (pk,) = services.sweep()
    services.deliver(pk)
    (message,) = mail.outbox
    assert message.subject == "Please look: a message for you"
    assert (
        re.findall(r"alice|infus|help|flag|attack|symptom", message.body.lower()) == []
    )


def test_a_message_to_the_circle_does_not_stand_for_one_to_the_patient(overdue, tell):
    overdue("mine", subject="help")
    tell()
    services.sweep()
    assert set(Occurrence.objects.values_list("state", flat=True)) == {"dispatched"}


def test_a_notice_to_the_circle_needs_a_topic(overdue):
    with pytest.raises(IntegrityError), transaction.atomic():
        overdue(audience="circle")
