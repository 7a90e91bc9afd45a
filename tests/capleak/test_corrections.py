"""Others ask for a correction; whoever runs the record decides, and both see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attacks.models import Attack
from capleak import closing
from diary.models import CheckIn
from prophylaxis.models import Infusion
from sharing import staff_look
from sharing.models import AccessEvent, Correction, Patient, User
from tests.capleak.entries import check_in
from tests.conftest import give_factor, make_user

FELT = datetime(2026, 3, 14, 7, 30, tzinfo=UTC)
WISH = "The systolic was 96, not 69."


@pytest.fixture
def entry(patient) -> CheckIn:
    return check_in(patient, FELT, symptoms={"fatigue": 2})


@pytest.fixture
def attack(patient) -> Attack:
    return Attack.objects.create(
        patient=patient, leak_start=FELT, end=FELT + timedelta(days=2), zone="UTC"
    )


@pytest.fixture
def infusion(patient) -> Infusion:
    row = Infusion(patient=patient, product="Privigen")
    row.set_start(FELT, "Europe/Berlin")
    row.save()
    return row


def url(patient: Patient, rest: str = "") -> str:
    return f"/patients/{patient.public_id}/corrections/{rest}"


def asks(browser, entry: CheckIn, words: str = WISH, **fields: object):
    sent = {"client_id": uuid4(), "words": words} | fields
    return browser.post(url(entry.patient, f"checkins/{entry.client_id}/"), sent)


def wish_of(user: User, entry: CheckIn, **fields: object) -> Correction:
    defaults = {
        "about": "checkin",
        "target": entry.client_id,
        "words": WISH,
        "asked_by": user,
        "asked_by_name": str(user),
    }
    return Correction.objects.create(patient=entry.patient, **defaults | fields)


def answers(browser, wish: Correction, do: str, reply: str = ""):
    address = url(wish.patient, f"{wish.public_id}/")
    return browser.post(address, {"do": do, "reply": reply})


def text(browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


# --- Asking --------------------------------------------------------------------------


def test_a_clinician_asks_and_the_patient_is_told_on_today(
    sign_in, alice, patient, doctor, entry
):
    answer = asks(sign_in(doctor), entry)
    assert answer.headers["Location"] == url(patient)
    wish = Correction.objects.get()
    assert (wish.about, wish.target, wish.words) == ("checkin", entry.client_id, WISH)
    assert (wish.asked_by, wish.asked_by_name) == (doctor, "Doctor")
    assert "1 correction was asked for." in text(
        sign_in(alice), f"/patients/{patient.public_id}/"
    )
    page = text(sign_in(alice), url(patient))
    assert WISH in page
    assert "Check-in of 14 March 2026, 08:30" in page  # the clock in Berlin
    assert "Accept, and correct it now" in page


def test_an_attack_and_an_infusion_can_be_asked_about(
    sign_in, alice, patient, viewer, attack, infusion
):
    browser = sign_in(viewer)
    for kind, row in (("attacks", attack), ("infusions", infusion)):
        address = url(patient, f"{kind}/{row.public_id}/")
        assert browser.get(address).status_code == 200
        sent = {"client_id": uuid4(), "words": f"About {kind}"}
        assert browser.post(address, sent).status_code == 302
    page = text(sign_in(alice), url(patient))
    assert "Attack: 14 March to 16 March 2026" in page
    assert "Infusion of 14 March 2026, 08:30" in page


def test_those_who_only_look_find_the_way_to_ask_where_the_entry_stands(
    sign_in, alice, patient, viewer, entry, attack, infusion
):
    places = {
        f"timeline/?on={entry.day}": f"checkins/{entry.client_id}/",
        f"checkins/{entry.client_id}/history/": f"checkins/{entry.client_id}/",
        f"attacks/{attack.public_id}/": f"attacks/{attack.public_id}/",
        f"ivig/infusions/{infusion.public_id}/": f"infusions/{infusion.public_id}/",
    }
    for page, ask in places.items():
        address = f"/patients/{patient.public_id}/{page}"
        link = f'href="{url(patient, ask)}"'
        assert link in text(sign_in(viewer), address)
        assert link not in text(sign_in(alice), address)  # she changes it herself


def test_those_who_only_look_are_offered_nothing_that_changes_an_entry(
    sign_in, patient, viewer, entry
):
    page = text(sign_in(viewer), f"/patients/{patient.public_id}/timeline/")
    assert f"checkins/{entry.client_id}/edit/" not in page
    assert f"checkins/{entry.client_id}/delete/" not in page


def test_a_request_sent_twice_is_kept_once_and_a_changed_one_beside_it(
    sign_in, doctor, entry
):
    browser, once = sign_in(doctor), uuid4()
    for words in (WISH, WISH, "And the pulse.", "And the pulse."):
        asks(browser, entry, words, client_id=once)
    assert [c.words for c in Correction.objects.order_by("pk")] == [
        WISH,
        "And the pulse.",
    ]


@pytest.mark.parametrize("words", ["", "   ", "w" * 1001, "nul \0 byte"])
def test_what_cannot_be_asked_is_refused_beside_the_field(
    sign_in, doctor, entry, words
):
    answer = asks(sign_in(doctor), entry, words)
    assert answer.status_code == 200
    assert "field-invalid" in answer.content.decode()
    assert not Correction.objects.exists()


def test_a_page_without_its_id_is_refused_kindly(sign_in, doctor, entry):
    answer = asks(sign_in(doctor), entry, client_id="x")
    assert answer.status_code == 200
    assert WISH in answer.content.decode()


def test_nobody_asks_about_what_they_do_not_see(
    sign_in, patient, viewer, eve, entry, attack
):
    hidden = check_in(patient, FELT + timedelta(hours=1), tags=("period",))
    viewer.grants.update(hidden=["period"])
    assert asks(sign_in(viewer), hidden).status_code == 404
    assert asks(sign_in(eve), entry).status_code == 404
    wrong_kind = url(patient, f"checkins/{attack.public_id}/")
    assert sign_in(viewer).get(wrong_kind).status_code == 404


# --- Deciding ------------------------------------------------------------------------


def test_accepting_leads_to_the_form_which_says_what_was_asked(
    sign_in, alice, patient, doctor, entry
):
    wish = wish_of(doctor, entry)
    browser = sign_in(alice)
    answer = answers(browser, wish, "accept")
    edit = f"/patients/{patient.public_id}/checkins/{entry.client_id}/edit/"
    assert answer.headers["Location"] == edit
    assert WISH in text(browser, edit)
    wish.refresh_from_db()
    assert (wish.state, wish.decided_by_name) == ("accepted", "Alice")
    entry.refresh_from_db()
    assert entry.version == 1  # nothing is changed until somebody changes it


def test_a_question_without_an_answer_ends_in_one_mark(sign_in, patient, doctor, entry):
    address = f"{url(patient)}checkins/{entry.client_id}/"
    answer = sign_in(doctor).post(address, {"words": ""})
    assert "What should be corrected? This field is required." in " ".join(
        answer.content.decode().split()
    )


def test_declining_with_a_word_is_seen_by_who_asked(
    sign_in, alice, patient, doctor, entry
):
    answers(sign_in(alice), wish_of(doctor, entry), "decline", "It was 69.")
    browser = sign_in(doctor)
    today = text(browser, f"/patients/{patient.public_id}/")
    assert "A correction that you asked for was answered." in today
    page = text(browser, url(patient))
    assert "Declined by Alice" in page
    assert "It was 69." in page


def test_an_answer_of_long_ago_is_no_news(sign_in, patient, doctor, entry):
    wish_of(
        doctor,
        entry,
        state="declined",
        decided_at=timezone.now() - timedelta(days=15),
    )
    today = text(sign_in(doctor), f"/patients/{patient.public_id}/")
    assert "was answered" not in today


def test_the_first_decision_stands(sign_in, alice, manager, doctor, entry):
    wish = wish_of(doctor, entry)
    answers(sign_in(alice), wish, "decline", "No.")
    answer = sign_in(manager).post(
        url(wish.patient, f"{wish.public_id}/"), {"do": "accept"}, follow=True
    )
    assert "This request was answered already." in answer.content.decode()
    wish.refresh_from_db()
    assert (wish.state, wish.reply, wish.decided_by) == ("declined", "No.", alice)


def test_accepting_twice_leads_to_the_form_twice(sign_in, alice, doctor, entry):
    wish, browser = wish_of(doctor, entry), sign_in(alice)
    first, second = (answers(browser, wish, "accept") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_what_is_accepted_of_an_entry_that_is_gone_changes_nothing(
    sign_in, alice, patient, doctor, entry
):
    wish = wish_of(doctor, entry)
    entry.delete()
    browser = sign_in(alice)
    assert "An entry that is no longer here" in text(browser, url(patient))
    assert answers(browser, wish, "accept").headers["Location"] == url(patient)


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("eve", 404)])
@pytest.mark.parametrize("do", ["accept", "decline", "withdraw"])
def test_others_decide_nothing(request, sign_in, doctor, entry, who, status, do):
    wish = wish_of(doctor, entry)
    user = request.getfixturevalue(who)
    assert answers(sign_in(user), wish, do).status_code == status
    wish.refresh_from_db()
    assert wish.is_open


def test_who_asked_cannot_answer_but_takes_it_back(sign_in, doctor, entry):
    wish, browser = wish_of(doctor, entry), sign_in(doctor)
    assert answers(browser, wish, "accept").status_code == 403
    assert answers(browser, wish, "withdraw").status_code == 302
    wish.refresh_from_db()
    assert wish.state == "withdrawn"


def test_the_owner_cannot_take_back_what_another_asked(sign_in, alice, doctor, entry):
    wish = wish_of(doctor, entry)
    assert answers(sign_in(alice), wish, "withdraw").status_code == 200
    wish.refresh_from_db()
    assert wish.is_open


@pytest.mark.parametrize(
    ("do", "reply"), [("", "Kept."), ("erase", "Kept."), ("decline", "Kept." * 70)]
)
def test_an_answer_that_cannot_be_read_keeps_what_was_typed(
    sign_in, alice, doctor, entry, do, reply
):
    wish = wish_of(doctor, entry)
    page = answers(sign_in(alice), wish, do, reply)
    assert page.status_code == 200
    assert "Your answer is not saved yet" in page.content.decode()
    assert reply in page.content.decode()
    wish.refresh_from_db()
    assert wish.is_open


# --- Who sees it ---------------------------------------------------------------------


def test_a_request_is_seen_by_who_asked_and_who_runs_the_record_alone(
    sign_in, alice, manager, patient, doctor, viewer, logger_, entry
):
    wish_of(doctor, entry)
    edit = f"/patients/{patient.public_id}/checkins/{entry.client_id}/edit/"
    for user, sees in (
        (alice, True),
        (manager, True),
        (doctor, True),
        (viewer, False),
        (logger_, False),
    ):
        assert (WISH in text(sign_in(user), url(patient))) is sees
    assert WISH not in text(sign_in(logger_), edit)


def test_what_was_asked_stays_when_who_asked_is_erased(
    sign_in, alice, patient, viewer, entry
):
    wish_of(viewer, entry)
    viewer.delete()
    assert "Viewer asked on" in text(sign_in(alice), url(patient))


def test_hostile_words_are_shown_as_words(sign_in, alice, patient, doctor, entry):
    wish_of(doctor, entry, words="<script>alert(1)</script>{{ 7 }}")
    page = text(sign_in(alice), url(patient))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}" in page


def test_the_list_costs_the_same_for_two_requests_and_for_twenty(
    sign_in, alice, doctor, entry, attack, infusion, django_assert_max_num_queries
):
    rows = {
        "checkin": entry.client_id,
        "attack": attack.public_id,
        "infusion": infusion.public_id,
    }
    for about, target in rows.items():
        wish_of(doctor, entry, about=about, target=target)
    browser = sign_in(alice)
    with django_assert_max_num_queries(22) as few:
        browser.get(url(entry.patient))
    for number in range(16):
        wish_of(doctor, entry, words=f"No {number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = browser.get(url(entry.patient)).content.decode()
    assert page.count("Doctor asked on") == 19


def test_asking_leaves_a_line_in_the_access_log(sign_in, doctor, entry):
    asks(sign_in(doctor), entry)
    line = AccessEvent.objects.get()
    assert (line.route, line.method) == ("correction_checkin", "POST")


# --- Where nobody decides any more ----------------------------------------------------


def test_a_closed_diary_takes_no_request_and_shows_those_it_has(
    sign_in, alice, manager, patient, doctor, viewer, entry
):
    wish_of(viewer, entry)
    closing.close(patient, "", by=manager)
    form = url(patient, f"checkins/{entry.client_id}/")
    assert sign_in(doctor).get(form).status_code == 409
    history = f"/patients/{patient.public_id}/checkins/{entry.client_id}/history/"
    assert "Ask for a correction" not in text(sign_in(doctor), history)
    for user in (alice, manager):
        shown = text(sign_in(user), url(patient))
        assert WISH in shown
        assert "Decline" not in shown
    assert "Take it back" not in text(sign_in(viewer), url(patient))


def test_staff_who_only_look_are_not_offered_to_ask(sign_in, patient, entry):
    sam = make_user("sam")
    User.objects.filter(pk=sam.pk).update(is_staff=True)
    staff_look.begin(patient, "She asked us to look at it.", by=sam)
    give_factor(sam)
    history = f"/patients/{patient.public_id}/checkins/{entry.client_id}/history/"
    sam.refresh_from_db()
    assert "Ask for a correction" not in text(sign_in(sam), history)
