"""One infusion: its page, changing, finishing and deleting it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from diary.models import Measurement
from prophylaxis.drafts import InfusionDraft, LotDraft, ReactionDraft
from prophylaxis.infusing import draft_of, record_infusion
from prophylaxis.models import Infusion
from sharing.models import Category

pytestmark = pytest.mark.slow

STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = STARTED + timedelta(days=2)


@pytest.fixture(autouse=True)
def _in_january(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def infusion(patient, alice):
    draft = InfusionDraft(
        client_id=uuid4(),
        started_at=STARTED,
        zone="Europe/Berlin",
        product="Octagam 10 %",
        dose_g=Decimal(140),
        weight_kg=Decimal(70),
        note="NOTE",
        finished_at=STARTED + timedelta(hours=4),
        lots=(LotDraft("P100456789", 5, Decimal(20), date(2028, 8, 31)),),
        reactions=(ReactionDraft("headache", "mild", action="ACTION"),),
    )
    return record_infusion(patient, draft, by=alice).infusion


@pytest.fixture
def measured(patient):
    def at(moment, quantity="pulse", value=72, unit="bpm"):
        row = Measurement(
            patient=patient,
            quantity=quantity,
            value=value,
            typed_value=value,
            typed_unit=unit,
        )
        row.set_moment(moment, "Europe/Berlin")
        row.save()

    return at


def url(infusion, rest=""):
    patient = infusion.patient.public_id
    return f"/patients/{patient}/ivig/infusions/{infusion.public_id}/{rest}"


ROLES = ["alice", "manager", "logger_", "viewer", "doctor", "eve"]


@pytest.mark.parametrize(
    ("who", "status"), list(zip(ROLES, [200, 200, 200, 200, 200, 404], strict=True))
)
def test_whoever_sees_the_diary_sees_it(request, infusion, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    answer = client.get(url(infusion))
    assert answer.status_code == status
    assert ("P100456789" in answer.content.decode()) is (status == 200)


@pytest.mark.parametrize(
    ("who", "status"), list(zip(ROLES, [302, 302, 302, 403, 403, 404], strict=True))
)
def test_only_those_who_log_delete_it(request, infusion, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(infusion, "delete/"), {"version": "1"})
    assert answer.status_code == status
    assert Infusion.objects.exists() is (status != 302)


@pytest.mark.parametrize(
    ("who", "status"), list(zip(ROLES, [302, 302, 302, 403, 403, 404], strict=True))
)
def test_only_those_who_log_finish_it(request, infusion, sign_in, who, status):
    Infusion.objects.update(status="started", finished_at=None)
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(infusion, "finish/"), {"at": "2026-01-05T15:00"})
    assert answer.status_code == status
    ended = Infusion.objects.get().finished_at
    assert ended == (STARTED + timedelta(hours=5) if status == 302 else None)


def test_what_was_measured_around_it_stands_in_its_part(
    infusion, measured, alice, sign_in
):
    for hours in (-4, -2, 1, 5, 27, 29):
        measured(STARTED + timedelta(hours=hours), value=70 + hours)
    context = sign_in(alice).get(url(infusion)).context
    assert [(r.part, r.measurements[0].value) for r in context["readings"]] == [
        ("before", 68),
        ("during", 71),
        ("after", 75),
        ("after", 97),
    ]


def test_notes_are_hidden_with_their_category(infusion, patient, viewer, sign_in):
    text = sign_in(viewer).get(url(infusion)).content.decode()
    assert "NOTE" in text
    assert "ACTION" in text
    patient.grants.update(hidden=[Category.NOTES])
    text = sign_in(viewer).get(url(infusion)).content.decode()
    assert "NOTE" not in text
    assert "ACTION" not in text


def sent(client, infusion):
    """What the form shows, as a browser sends it back."""
    form = client.get(url(infusion, "edit/")).context["form"]
    fields = {
        field.html_name: field.value()
        for part in (form, *form.lots, *form.rates, *form.reactions)
        for field in part
        if field.value() not in {None, "", False}
    }
    counts = {
        f"{rows.prefix}-count": len(rows)
        for rows in (form.lots, form.rates, form.reactions)
    }
    return fields | counts


def test_a_form_that_is_sent_back_as_it_came_changes_nothing(infusion, alice, sign_in):
    client = sign_in(alice)
    assert (
        client.post(url(infusion, "edit/"), sent(client, infusion)).status_code == 302
    )
    stored = Infusion.objects.get()
    assert (stored.version, stored.weight_kg) == (1, 70)


def test_a_change_keeps_the_version_before_on_the_page(infusion, alice, sign_in):
    client = sign_in(alice)
    typed = sent(client, infusion) | {"lots-0-number": "P555", "dose_g": "100"}
    client.post(url(infusion, "edit/"), typed)
    text = client.get(url(infusion)).content.decode()
    assert "Earlier versions (1)" in text
    assert text.index("P555") < text.index("P100456789")


def test_a_change_from_an_old_page_is_asked_about_and_keeps_what_was_typed(
    infusion, alice, sign_in
):
    client = sign_in(alice)
    mine = sent(client, infusion) | {"given_by": "Ben"}
    client.post(url(infusion, "edit/"), mine | {"given_by": "Dana"})
    answer = client.post(url(infusion, "edit/"), mine)
    form = answer.context["form"]
    assert "Somebody changed this infusion" in form.non_field_errors()[0]
    assert (form["given_by"].value(), form["version"].value()) == ("Ben", "2")
    assert Infusion.objects.get().given_by == "Dana"
    client.post(url(infusion, "edit/"), mine | {"version": "2"})
    assert Infusion.objects.get().given_by == "Ben"


def test_a_deleted_infusion_is_listed_with_its_lots(infusion, alice, sign_in):
    client = sign_in(alice)
    for _again in range(2):
        answer = client.post(url(infusion, "delete/"), {"version": "1"})
        assert answer.status_code == 302
    text = client.get(answer.url).content.decode()
    assert "Deleted infusions (1)" in text
    assert "P100456789" in text
    assert client.get(url(infusion)).status_code == 404


def test_a_deleted_infusion_is_shown_to_those_only_who_may_bring_it_back(
    infusion, alice, viewer, logger_, sign_in
):
    sign_in(alice).post(url(infusion, "delete/"), {"version": "1"})
    ivig = f"/patients/{infusion.patient.public_id}/ivig/"
    for reader, is_shown in ((logger_, True), (viewer, False)):
        page = sign_in(reader).get(ivig).content.decode()
        assert ("P100456789" in page) is is_shown


def test_a_deleted_infusion_is_brought_back_as_it_was(infusion, alice, sign_in):
    before = draft_of(infusion)
    client = sign_in(alice)
    client.post(url(infusion, "delete/"), {"version": "1"})
    for _again in range(2):
        answer = client.post(url(infusion, "restore/"))
        assert (answer.status_code, answer.url) == (302, url(infusion))
    back = Infusion.objects.get()
    assert draft_of(back) == before
    assert (back.entered_by, back.recorded_at) == (alice, infusion.recorded_at)
    ivig = client.get(f"/patients/{infusion.patient.public_id}/ivig/").content.decode()
    assert "Deleted infusions" not in ivig
    client.post(url(infusion, "delete/"), {"version": back.version})
    ivig = client.get(f"/patients/{infusion.patient.public_id}/ivig/").content.decode()
    assert "Deleted infusions (1)" in ivig


def test_who_may_not_read_notes_brings_them_back_all_the_same(
    infusion, patient, logger_, alice, sign_in
):
    sign_in(alice).post(url(infusion, "delete/"), {"version": "1"})
    patient.grants.update(hidden=[Category.NOTES])
    sign_in(logger_).post(url(infusion, "restore/"))
    back = Infusion.objects.get()
    assert (back.note, back.reactions.get().action) == ("NOTE", "ACTION")


@pytest.mark.parametrize(
    ("who", "status"),
    [("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_log_bring_one_back(
    request, infusion, alice, sign_in, who, status
):
    sign_in(alice).post(url(infusion, "delete/"), {"version": "1"})
    client = sign_in(request.getfixturevalue(who))
    assert client.post(url(infusion, "restore/")).status_code == status
    assert Infusion.objects.exists() is (status == 302)


def test_an_infusion_of_another_record_is_not_brought_back(
    infusion, alice, eve, sign_in
):
    sign_in(alice).post(url(infusion, "delete/"), {"version": "1"})
    hers = f"/patients/{eve.own_record.public_id}/ivig/infusions/{infusion.public_id}/"
    assert sign_in(eve).post(hers + "restore/").status_code == 404
    assert not Infusion.objects.exists()


def test_the_form_starts_from_the_latest_weight_of_the_diary(
    infusion, measured, alice, sign_in
):
    measured(NOW - timedelta(hours=1), "weight", Decimal("71.5"), "kg")
    page = f"/patients/{infusion.patient.public_id}/ivig/infusions/new/"
    assert sign_in(alice).get(page).context["form"]["weight"].value() == "71.5"


def test_skipping_and_planning_stand_on_the_ivig_page(
    infusion, patient, alice, sign_in
):
    client = sign_in(alice)
    ivig = f"/patients/{patient.public_id}/ivig/"
    plan = {
        "product": "Octagam 10 %",
        "route": "iv",
        "dose_g_per_kg": "2",
        "interval_days": "28",
        "first_at": "2026-01-05T10:00",
        "zone": "Europe/Berlin",
    }
    client.post(ivig + "plan/", plan)
    client.post(ivig + "next/", {"at": "2026-02-04T14:00"})
    assert "as arranged" in client.get(ivig).content.decode()
    form = client.get(ivig + "skip/").context["form"]
    typed = {"due": form["due"].value(), "status": "skipped"}
    for far in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"):
        odd = typed | {"due": far, "reason": "surgery"}
        assert client.post(ivig + "skip/", odd).context["form"].errors["due"]
    refused = client.post(ivig + "skip/", typed)
    assert "Say in a few words why" in refused.content.decode()
    client.post(ivig + "skip/", typed | {"reason": "surgery"})
    text = client.get(ivig).content.decode()
    assert "skipped: surgery" in text
    assert "Wed 4 Mar, 10:00" in text
