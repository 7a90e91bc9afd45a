"""The IVIG page: what is due, the plan, the infusions, and what became of reminders."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from notifications import services as notifications
from notifications.models import Delivery, Occurrence
from prophylaxis.services import end_plan
from sharing.models import Category

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(patient, query=""):
    return f"/patients/{patient.public_id}/ivig/{query}"


@pytest.fixture
def page(patient, sign_in):
    """The words of the page as a user sees it, with single spaces."""

    def read(user, query=""):
        response = sign_in(user).get(url(patient, query))
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return read


def log_of(text):
    """The infusions alone: the tables of what is read from them hold them as well."""
    log = text[text.index('<h2 id="infusions-title">') :]
    return log[: log.index("</section>")]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 200),
        ("viewer", 200),
        ("logger_", 200),
        ("doctor", 200),
        ("manager", 200),
        ("eve", 404),
    ],
)
def test_those_who_see_the_record_see_it(request, patient, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == status


def test_it_only_reads(alice, patient, sign_in):
    assert sign_in(alice).post(url(patient)).status_code == 405


def test_without_a_plan_it_says_why_one_is_worth_it(page, alice):
    text = page(alice)
    assert "Make a plan" in text
    assert "from 0.67 to 0.40 attacks a year" in text
    assert "No infusions yet." in text


def test_only_those_who_manage_are_asked_to_make_a_plan(page, logger_, viewer):
    assert "Make a plan" not in page(logger_)
    assert "Log an infusion" in page(logger_)
    assert "Log an infusion" not in page(viewer)


def test_the_next_due_moment_stands_first(page, plan, alice):
    text = page(alice)
    assert '<h1> <time datetime="2026-01-05T09:00:00+01:00">Mon 5 Jan, 09:00' in text
    assert "in 4 days" in text


@pytest.mark.parametrize(
    ("day", "words"), [(4, "in 1 day "), (5, "today"), (8, "overdue by 3 days")]
)
def test_how_far_away_it_is_goes_by_days(page, plan, alice, time_machine, day, words):
    time_machine.move_to(datetime(2026, 1, day, 22, tzinfo=UTC))
    assert words in page(alice)


def test_a_plan_of_another_zone_is_shown_on_both_clocks(page, plan, patient, alice):
    patient.zone = "America/New_York"
    patient.save()
    text = page(alice)
    assert "by the clock of Europe/Berlin; here Mon 5 Jan, 03:00" in text


def test_the_dose_is_worked_out_for_the_last_weight(
    page, plan, infused, patient, alice
):
    infused(NOW - timedelta(days=24), weight_kg=Decimal("72.00"))
    assert "144 g at 72 kg" in page(alice)
    patient.units = {"weight": "lb"}
    patient.save()
    assert "144 g at 158.7 lb" in page(alice)


def test_infusions_stand_newest_first_with_the_days_between(page, infused, alice):
    infused(NOW - timedelta(days=30), dose_g=Decimal(140), weight_kg=Decimal(70))
    infused(NOW - timedelta(days=1), note="went well")
    text = log_of(page(alice))
    assert text.index("31 Dec 2025") < text.index("2 Dec 2025")
    assert '<td class="number">29</td>' in text
    assert '<td class="number">140 g</td> <td class="number">2 g</td>' in text
    assert '<td class="prose">went well</td>' in text
    assert "1 day since the last infusion" in page(alice)


def test_a_note_is_left_out_for_those_it_is_hidden_from(page, infused, patient, viewer):
    infused(NOW, note="told nobody")
    patient.grants.update(hidden=[Category.NOTES])
    assert "told nobody" not in page(viewer)


def test_a_note_is_text_and_nothing_else(page, infused, alice):
    infused(NOW, note="<script>alert(1)</script>")
    assert "&lt;script&gt;" in page(alice)


def test_40_infusions_take_two_pages_and_the_gap_spans_them(page, infused, alice):
    for n in range(40):
        infused(NOW - timedelta(days=28 * n))
    assert log_of(page(alice)).count('<td class="number">28</td>') == 20
    assert log_of(page(alice, "?page=2")).count('<td class="number">28</td>') == 19


@pytest.mark.parametrize("number", ["0", "999", "abc", "-1", "9" * 5000])
def test_a_page_that_does_not_exist_is_the_nearest(page, infused, alice, number):
    infused(NOW)
    assert "1 Jan 2026" in page(alice, f"?page={number}")


def test_the_number_of_queries_does_not_grow(
    plan, infused, patient, alice, sign_in, django_assert_max_num_queries
):
    client = sign_in(alice)
    infused(NOW)
    with django_assert_max_num_queries(30) as one:
        client.get(url(patient))
    for n in range(1, 40):
        infused(NOW - timedelta(days=28 * n))
    with django_assert_max_num_queries(30) as forty:
        client.get(url(patient))
    assert len(forty) == len(one)


def test_earlier_plans_stay_with_their_dates(page, plan, patient, alice):
    end_plan(patient, plan.pk)
    text = page(alice)
    assert "Earlier plans" in text
    assert "Octagam 10 %, 2 g/kg every 28 days" in text


def test_a_reminder_to_come_is_announced(page, plan, alice):
    text = page(alice)
    assert "Sun 4 Jan 2026, 09:00" in text
    assert "will be sent" in text


def sent_reminder(patient):
    never = datetime(2999, 1, 1, tzinfo=UTC)
    patient.occurrences.update(due_at=NOW, expires_at=never)
    (pk,) = notifications.sweep()
    return Delivery.objects.filter(pk=pk)


@pytest.mark.parametrize(
    ("who", "words"),
    [("alice", "sent to you (a•••@example.org) on"), ("viewer", "sent on")],
)
def test_a_reminder_that_was_sent_says_so(request, page, plan, patient, who, words):
    reader = request.getfixturevalue(who)
    (delivery,) = sent_reminder(patient)
    notifications.deliver(delivery.pk)
    text = page(reader)
    assert words in text
    assert "alice@example.org" not in text.replace("alice@example.org</", "")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "is being sent"),
        ("failed", "could not be delivered"),
    ],
)
def test_a_reminder_that_did_not_arrive_says_so(
    page, plan, patient, alice, state, words
):
    settled = Now() if state == "failed" else None
    sent_reminder(patient).update(state=state, settled_at=settled)
    assert words in page(alice)


def test_a_reminder_nobody_could_get_says_so(page, plan, patient, alice):
    alice.emailaddress_set.update(verified=False)
    patient.occurrences.update(due_at=NOW, expires_at=datetime(2999, 1, 1, tzinfo=UTC))
    notifications.sweep()
    assert "nobody had an address that could be used" in page(alice)


def test_a_reminder_that_came_too_late_says_so(page, plan, patient, alice):
    patient.occurrences.update(state=Occurrence.State.MISSED)
    assert "not sent: it would have come too late" in page(alice)


def test_what_an_infusion_made_needless_is_kept_among_the_earlier(
    page, plan, infused, alice
):
    infused(NOW - timedelta(hours=1))
    text = page(alice)
    earlier = text[text.index("Earlier reminders") :]
    assert "Sun 4 Jan 2026, 09:00" in earlier
    assert "not needed any more" in earlier
    assert "Wed 28 Jan 2026, 09:00" in text[: text.index("Earlier reminders")]


def test_times_are_on_the_clock_where_they_were_lived(page, infused, alice):
    infused(datetime(2025, 12, 8, 9, tzinfo=UTC), zone="Asia/Tokyo")
    text = page(alice)
    assert '8 Dec 2025</a> <br> <span class="soft">Mon 18:00</span>' in text
    assert "Asia/Tokyo" in text
    assert timezone.get_current_timezone_name() == "UTC"
