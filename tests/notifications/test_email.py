"""The message says that there is a reminder and for when, and nothing else."""

import re
from datetime import UTC, datetime

from django.core import mail

from notifications import services
from notifications.models import Occurrence


def sent(dispatched):
    Occurrence.objects.update(about_at=datetime(2026, 12, 21, 8, tzinfo=UTC))
    services.deliver(dispatched.pk)
    (message,) = mail.outbox
    return message


def test_it_names_the_local_time_and_the_way_to_the_diary(dispatched):
    message = sent(dispatched)
    assert message.subject == "A reminder you asked for"
    assert message.body.startswith(
        "You asked CapLeak to remind you of Monday 21 December 2026, 09:00 "
        "(Europe/Berlin time).\n\n"
        "What it is about is in your diary: http://localhost:8000/home/\n"
    )


def test_it_says_nothing_of_illness_medicine_or_patient(dispatched):
    message = sent(dispatched)
    text = message.message().as_string().lower().replace("capleak", "")
    words = r"infus|ivig|globulin|leak|scls|dose|symptom|attack|alice(?!@)"
    assert re.findall(words, text) == []


def test_it_carries_its_message_id_and_no_tracking(dispatched):
    message = sent(dispatched).message()
    assert message["Message-ID"] == dispatched.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"


def test_it_goes_to_one_reader(dispatched):
    assert sent(dispatched).recipients() == ["alice@example.org"]
