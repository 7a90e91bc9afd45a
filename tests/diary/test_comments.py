"""Comments on a day: by whoever may see the record, stored once, signed for good."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from diary.comments import add_comment, comments_on
from diary.models import Comment
from sharing.models import Patient

ONE = UUID("11111111-1111-4111-8111-111111111111")
DAY = date(2026, 3, 14)


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/comments/"


def delete_url(patient: Patient, comment: Comment) -> str:
    return f"{url(patient)}{comment.public_id}/delete/"


def post(client: Client, patient: Patient, **fields: object):
    defaults = {"client_id": ONE, "day": DAY, "text": "Call me if it gets worse."}
    return client.post(url(patient), defaults | fields)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 302),
        ("viewer", 302),
        ("logger_", 302),
        ("doctor", 302),
        ("manager", 302),
        ("eve", 404),
    ],
)
def test_whoever_sees_the_record_may_comment(request, sign_in, patient, who, status):
    user = request.getfixturevalue(who)
    assert post(sign_in(user), patient).status_code == status
    assert patient.comments.filter(author=user).exists() is (status == 302)


def test_a_form_sent_twice_is_stored_once(sign_in, viewer, patient):
    for _ in range(2):
        post(sign_in(viewer), patient)
    assert patient.comments.get().text == "Call me if it gets worse."


def test_a_form_changed_and_sent_again_is_a_comment_of_its_own(
    sign_in, viewer, patient
):
    for text in ("first", "second", "second"):
        post(sign_in(viewer), patient, text=text)
    texts = patient.comments.order_by("pk").values_list("text", flat=True)
    assert list(texts) == ["first", "second"]


def test_a_client_id_of_somebody_else_takes_nothing_of_theirs(
    sign_in, alice, viewer, patient
):
    post(sign_in(alice), patient, text="mine")
    post(sign_in(viewer), patient, text="mine")
    assert patient.comments.filter(author=alice).count() == 1
    assert patient.comments.filter(author=viewer).count() == 1


def test_the_name_stays_when_the_grant_and_the_user_are_gone(sign_in, viewer, patient):
    post(sign_in(viewer), patient)
    viewer.grants.update(revoked_at=timezone.now())
    assert post(sign_in(viewer), patient).status_code == 404
    viewer.delete()
    comment = patient.comments.get()
    assert (comment.author, comment.author_name) == (None, "Viewer")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"day": "1899-12-31"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "someday"}, "day"),
        ({"client_id": "1"}, "client_id"),
    ],
)
def test_bad_input_is_told_and_what_was_typed_is_kept(
    sign_in, viewer, patient, fields, field
):
    answer = post(sign_in(viewer), patient, **fields)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    if field != "text":
        assert "Call me if it gets worse." in answer.content.decode()
    assert not patient.comments.exists()


def test_two_thousand_characters_are_kept_whole(sign_in, viewer, patient):
    post(sign_in(viewer), patient, text="x" * 2000)
    assert len(patient.comments.get().text) == 2000


def test_today_is_the_patient_s_today(sign_in, viewer, patient):
    Patient.objects.filter(pk=patient.pk).update(zone="Pacific/Kiritimati")
    patient.refresh_from_db()
    today = timezone.now().astimezone(patient.tz).date()
    assert post(sign_in(viewer), patient, day=today).status_code == 302
    tomorrow = today + timedelta(days=1)
    answer = post(sign_in(viewer), patient, day=tomorrow, client_id=uuid4())
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("viewer", 302),  # who wrote it
        ("alice", 302),
        ("manager", 302),
        ("logger_", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_its_author_and_managers_delete_a_comment(
    request, sign_in, patient, viewer, who, status
):
    post(sign_in(viewer), patient)
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(delete_url(patient, patient.comments.get()))
    assert answer.status_code == status
    assert patient.comments.exists() is (status != 302)


def test_an_author_without_a_grant_deletes_nothing(sign_in, patient, viewer):
    post(sign_in(viewer), patient)
    viewer.grants.update(revoked_at=timezone.now())
    answer = sign_in(viewer).post(delete_url(patient, patient.comments.get()))
    assert answer.status_code == 404
    assert patient.comments.exists()


def test_a_comment_of_another_record_is_not_found_under_this_one(
    sign_in, alice, patient, eve
):
    hers = add_comment(eve.own_record, client_id=ONE, day=DAY, text="hers", by=eve)
    assert sign_in(alice).post(delete_url(patient, hers)).status_code == 404
    assert eve.own_record.comments.exists()


def test_comments_are_found_by_day_in_the_order_they_were_written(
    patient, viewer, alice, django_assert_num_queries
):
    for day, text in ((DAY, "one"), (DAY, "two"), (date(2026, 3, 20), "later")):
        add_comment(patient, client_id=uuid4(), day=day, text=text, by=alice)
    with django_assert_num_queries(1):
        found = comments_on(patient.comments.all(), [DAY, date(2026, 3, 1)])
    assert {d: [c.text for c in cs] for d, cs in found.items()} == {DAY: ["one", "two"]}


def test_hidden_notes_do_not_hide_comments_and_markup_is_shown_as_text(
    sign_in, viewer, patient
):
    viewer.grants.update(hidden=["notes"])
    comment = add_comment(
        patient, client_id=ONE, day=DAY, text="<b>call me</b>", by=viewer
    )
    html = Template('{% include "diary/_comments.html" %}').render(
        Context({"comments": [comment], "user": viewer, "patient": patient})
    )
    assert "&lt;b&gt;call me&lt;/b&gt;" in html
    assert "Viewer" in html
    assert "Delete this comment" in html


def test_the_forms_of_two_days_share_no_id(patient):
    html = Template(
        '{% for day in days %}{% include "diary/_comment_form.html" %}{% endfor %}'
    ).render(Context({"days": [DAY, date(2026, 3, 15)], "patient": patient}))
    assert 'id="comment-2026-03-14-text"' in html
    assert 'id="comment-2026-03-15-text"' in html
    assert html.count('value="2026-03-14"') == 1
