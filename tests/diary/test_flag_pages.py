"""The banner, the strip, and what can be done: by whom, and what they are shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from diary.models import FlagAnswer
from notifications.models import Occurrence
from sharing.models import Category, Topic
from tests.conftest import make_user
from tests.diary.flagging import ACT, WATCH, quiet_weeks, say


@pytest.fixture
def flag(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH, systolic="97")
    return patient.flags.get()


def url(patient, page: str = "") -> str:
    return f"/patients/{patient.public_id}/{page}"


ROLES = [
    ("alice", 302),
    ("logger_", 302),
    ("manager", 302),
    ("viewer", 403),
    ("doctor", 403),
    ("eve", 404),
]


@pytest.mark.parametrize(("who", "status"), ROLES)
def test_only_those_who_may_log_ask_to_be_reminded(
    request, sign_in, patient, flag, who, status
):
    client = sign_in(request.getfixturevalue(who))
    page = url(patient, "flags/recheck/")
    assert client.post(page, {"hours": "2"}).status_code == status


@pytest.mark.parametrize(("who", "status"), ROLES)
def test_only_those_who_may_log_answer(request, sign_in, patient, flag, who, status):
    client = sign_in(request.getfixturevalue(who))
    page = url(patient, f"flags/{flag.public_id}/answer/")
    assert client.get(page).status_code == (200 if status == 302 else status)
    sent = {"client_id": uuid4(), "label": "cold"}
    assert client.post(page, sent).status_code == status
    assert flag.answers.exists() is (status == 302)


def test_saving_something_unusual_leads_to_today(sign_in, alice, patient):
    quiet_weeks(patient)
    sent = {"client_id": uuid4(), "s_dizziness": "2"}
    response = sign_in(alice).post(url(patient, "checkins/new/"), sent)
    assert response["Location"] == url(patient)


def test_the_banner_says_what_is_unusual_against_what_usual(
    sign_in, alice, patient, flag
):
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "Watch: this is unusual for you" in page
    assert "Dizzy, moderate: new" in page
    assert "against 36 usual days" in page
    assert "Upper blood pressure 97 mmHg, your usual 123 mmHg" in page
    for offer in ("Open my plan", "Measure now", "Attack starting", "2 hours"):
        assert offer in page
    assert page.index("flag-title") < page.index("checkin-title")


def test_a_weight_is_told_in_the_unit_of_the_patient(sign_in, alice, patient, flag):
    patient.units = {"weight": "lb"}
    patient.save()
    flag.reasons = [
        {"code": "weight", "kind": "vital", "now": 72.0, "usual": 70.0, "hidden": ""}
    ]
    flag.save()
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "Weight 158.7 lb, your usual 154.3 lb" in page


@pytest.mark.parametrize("page", ["help/", "checkins/sick/", "attacks/start/"])
def test_pages_for_getting_help_carry_no_second_voice(
    sign_in, logger_, patient, flag, page
):
    shown = sign_in(logger_).get(url(patient, page)).content.decode()
    assert "strip-flag" not in shown
    assert "strip-person" in shown  # whose diary it is, always


def test_other_pages_carry_a_strip_that_leads_to_today(sign_in, alice, patient, flag):
    client = sign_in(alice)
    page = client.get(url(patient, "timeline/")).content.decode()
    assert "strip-flag" in page
    assert "strip-flag" not in client.get(url(patient)).content.decode()


def test_no_open_flag_is_not_called_good(sign_in, alice, patient):
    quiet_weeks(patient)
    page = sign_in(alice).get(url(patient)).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert "flag-title" not in main
    for word in ("no flag", "No flag", "all is well", "nothing unusual"):
        assert word not in main


def test_act_says_to_call_the_team(sign_in, alice, patient):
    quiet_weeks(patient)
    say(patient, alice, ACT)
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "Act: this is very unusual for you" in page
    assert "Open the plan and call the team" in page


def test_after_a_silent_day_it_stays_and_asks(sign_in, alice, patient, flag):
    old = timezone.now() - timedelta(hours=30)
    type(flag).objects.filter(pk=flag.pk).update(first_at=old, last_at=old)
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "Nothing was written since that would say otherwise" in page


def test_recheck_is_planned_at_once_shown_and_taken_back(sign_in, alice, patient, flag):
    client = sign_in(alice)
    client.post(url(patient, "flags/recheck/"), {"hours": "3"})
    planned = Occurrence.objects.get(patient=patient, subject="recheck")
    in_three = timezone.now() + timedelta(hours=3)
    assert abs(planned.due_at - in_three) < timedelta(minutes=1)
    assert (planned.kind, planned.urgency) == ("recheck", "asked")
    shown = f"{planned.due_at.astimezone(patient.tz):%H:%M}"
    page = client.get(url(patient)).content.decode()
    assert f"A reminder to check in is set for <strong>{shown}</strong>" in page
    client.post(url(patient, "flags/recheck/"), {"hours": "0"})
    planned.refresh_from_db()
    assert planned.state == Occurrence.State.CANCELLED


@pytest.mark.parametrize("hours", ["", "1", "48", "two"])
def test_other_hours_plan_nothing(sign_in, alice, patient, flag, hours):
    sign_in(alice).post(url(patient, "flags/recheck/"), {"hours": hours})
    assert not Occurrence.objects.filter(subject="recheck").exists()


def test_the_banner_has_the_button_of_the_help_page(
    sign_in, alice, patient, flag, grant_to
):
    for name in ("ben", "cleo"):
        grant_to(make_user(name), told=[Topic.HELP])
    EmailAddress.objects.filter(user__email__startswith="cleo").update(verified=False)
    page = sign_in(alice).get(url(patient)).content.decode()
    form = page[page.index('<form method="post" action="' + url(patient, "help/")) :]
    button = form[: form.index("</form>")]
    assert "Tell Ben" in button
    assert "Cleo" not in button  # no message would reach her


def test_with_nobody_to_tell_the_banner_leads_to_where_one_chooses(
    sign_in, alice, patient, flag, viewer
):
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "Choose whom to tell" in page


def test_an_answer_is_kept_once_and_shown(sign_in, alice, patient, flag):
    client = sign_in(alice)
    sent = {"client_id": uuid4(), "label": "other", "words": "too much sun"}
    page = url(patient, f"flags/{flag.public_id}/answer/")
    client.post(page, sent)
    client.post(page, sent)
    assert flag.answers.get().by == alice
    shown = client.get(url(patient)).content.decode()
    assert "too much sun" in shown
    assert "Watch: this is unusual for you" in shown


def test_an_answer_without_a_label_keeps_what_was_typed(sign_in, alice, patient, flag):
    page = url(patient, f"flags/{flag.public_id}/answer/")
    sent = {"client_id": uuid4(), "words": "too much sun"}
    response = sign_in(alice).post(page, sent)
    assert "Choose one." in response.content.decode()
    assert "too much sun" in response.content.decode()


def test_a_flag_of_another_record_is_not_found(sign_in, alice, eve, patient, flag):
    hers = f"/patients/{eve.own_record.public_id}/flags/{flag.public_id}/answer/"
    assert sign_in(eve).get(hers).status_code == 404


# --- What is hidden -------------------------------------------------------------------


@pytest.fixture
def discreet(grant_to):
    user = make_user("discreet")
    hidden = [Category.OWN_SYMPTOMS, Category.PERIOD, Category.NOTES]
    grant_to(user, hidden=hidden)
    return user


def test_reasons_in_own_words_are_something_unusual_to_others(
    sign_in, alice, patient, discreet
):
    quiet_weeks(patient)
    own = patient.custom_symptoms.create(label="Canary legs", key="dizziness")
    say(patient, alice, own={own.pk: 2}, systolic="97")
    for page in ("", "timeline/?kind=flags", "flags/"):
        main = sign_in(discreet).get(url(patient, page)).content.decode()
        main = main[: main.index("</section>")] if page == "" else main
        assert "Canary" not in main
        assert "Dizz" not in main
    today = sign_in(discreet).get(url(patient)).content.decode()
    assert "Something unusual" in today
    assert "Upper blood pressure 97 mmHg" in today
    assert "Canary legs" in sign_in(alice).get(url(patient)).content.decode()


def test_a_period_named_in_an_answer_is_not_told_on(
    sign_in, alice, patient, flag, discreet, viewer
):
    flag.answers.create(label=FlagAnswer.Label.PERIOD, words="canary", by_name="Alice")
    for page in ("", "flags/"):
        seen = sign_in(discreet).get(url(patient, page)).content.decode()
        assert "period" not in seen.lower()
        assert "canary" not in seen
        assert "My period" in sign_in(viewer).get(url(patient, page)).content.decode()


# --- Into an attack -------------------------------------------------------------------


def test_attack_starting_carries_the_first_entry_of_the_flag(
    sign_in, alice, patient, flag
):
    client = sign_in(alice)
    shown = f"{flag.first_at.astimezone(patient.tz):%Y-%m-%dT%H:%M}"
    page = client.get(url(patient, "attacks/start/")).content.decode()
    assert shown in page
    client.post(
        url(patient, "attacks/start/"), {"begins": "leak_start", "early_at": shown}
    )
    attack = patient.attacks.get()
    assert attack.prodrome_start == flag.first_at
    assert attack.leak_start > attack.prodrome_start
    assert attack.prodrome_start_precision == "hours"
    flag.refresh_from_db()
    assert flag.closed_why == "attack"


def test_the_time_can_be_changed_or_emptied(sign_in, alice, patient, flag):
    early = timezone.now() - timedelta(hours=20)
    typed = f"{early.astimezone(patient.tz):%Y-%m-%dT%H:%M}"
    sign_in(alice).post(
        url(patient, "attacks/start/"), {"begins": "prodrome_start", "early_at": typed}
    )
    attack = patient.attacks.get()
    assert f"{attack.prodrome_start.astimezone(patient.tz):%Y-%m-%dT%H:%M}" == typed
    attack.delete()
    sign_in(alice).post(
        url(patient, "attacks/start/"), {"begins": "leak_start", "early_at": ""}
    )
    assert patient.attacks.get().prodrome_start is None


def test_a_time_in_the_future_is_refused_and_kept(sign_in, alice, patient, flag):
    typed = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    page = sign_in(alice).post(
        url(patient, "attacks/start/"), {"begins": "leak_start", "early_at": typed}
    )
    assert page.status_code == 200
    assert typed in page.content.decode()
    assert not patient.attacks.exists()


def test_without_a_flag_nothing_is_asked(sign_in, alice, patient):
    page = sign_in(alice).get(url(patient, "attacks/start/")).content.decode()
    assert "early_at" not in page


def test_measuring_from_a_flag_unfolds_weight_and_urine(sign_in, alice, patient):
    folded = sign_in(alice).get(url(patient, "measure/")).content.decode()
    page = sign_in(alice).get(url(patient, "measure/?all")).content.decode()
    assert page.count("<details") == folded.count("<details")
    assert page.count(" open>") == folded.count(" open>") + 2
