"""Changing what somebody may do: at once, no more than one has, and nobody unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from notifications.models import Occurrence, Preferences, preferences_of
from sharing import stale
from sharing.change_form import ChangeForm
from sharing.changing import change, parts_of
from sharing.models import Grant, Patient, User
from sharing.services import InvitationDraft, invite
from tests.sharing.roles import as_shown

pytestmark = pytest.mark.slow


def opened_by(user: User, patient: Patient) -> Patient:
    return Patient.objects.visible_to(user).get(pk=patient.pk)


def grant_of(user: User) -> Grant:
    return Grant.objects.select_related("user").get(user=user, revoked_at=None)


@pytest.fixture
def address(patient: Patient) -> Callable[[User], str]:
    def of(user: User) -> str:
        return f"/patients/{patient.public_id}/sharing/{grant_of(user).public_id}/"

    return of


@pytest.fixture
def shown(patient: Patient, alice: User) -> Callable[..., dict[str, Any]]:
    """What the form of someone's grant holds, as its giver (Alice) is shown it."""

    def fields(user: User, by: User = alice) -> dict[str, Any]:
        form = ChangeForm(patient=opened_by(by, patient), grant=grant_of(user))
        return as_shown(form)

    return fields


@pytest.fixture
def owner(alice: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(alice)


def test_what_is_saved_counts_on_the_next_request(
    owner, sign_in, patient, viewer, address, shown
):
    reading = sign_in(viewer)
    checkin = f"/patients/{patient.public_id}/checkins/new/"
    assert reading.get(checkin).status_code == 403
    owner.post(address(viewer), shown(viewer) | {"permissions": ["log"]})
    assert reading.get(checkin).status_code == 200
    owner.post(address(viewer), shown(viewer) | {"permissions": []})
    assert reading.get(checkin).status_code == 403


def test_every_part_can_be_changed(owner, patient, viewer, address, shown):
    typed = {
        "kind": "clinician",
        "permissions": ["export"],
        "notes": "hide",
        "hide_period": "on",
        "told": ["act", "help"],
        "ends": "30",
    }
    answer = owner.post(address(viewer), shown(viewer) | typed)
    assert answer.headers["Location"] == f"/patients/{patient.public_id}/sharing/"
    grant = grant_of(viewer)
    assert (grant.kind, grant.permissions) == ("clinician", ["view", "export"])
    assert (grant.hidden, grant.told) == (["notes", "period"], ["act", "help"])
    last_day = timezone.now().astimezone(patient.tz).date() + timedelta(days=30)
    assert grant.expires_at.astimezone(patient.tz).date() == last_day


def test_a_form_that_nobody_touched_changes_nothing(
    owner, patient, viewer, address, shown
):
    at_noon = timezone.now().replace(hour=12) + timedelta(days=20)
    Grant.objects.filter(user=viewer).update(
        expires_at=at_noon, hidden=["period"], told=["help"]
    )
    before = Grant.objects.values().get(user=viewer)
    assert owner.post(address(viewer), shown(viewer)).status_code == 302
    assert Grant.objects.values().get(user=viewer) == before


@time_machine.travel(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), tick=False)
def test_renewed_access_ends_with_the_last_day_on_the_clock_of_the_patient(
    owner, viewer, address, shown
):
    ends = datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)
    Grant.objects.filter(user=viewer).update(
        expires_at=ends, starts_at=ends - timedelta(days=90)
    )
    owner.post(address(viewer), shown(viewer) | {"ends": "date", "until": "2027-07-01"})
    assert grant_of(viewer).expires_at == datetime(2027, 7, 1, 21, 59, 59, tzinfo=UTC)


def test_access_that_has_not_begun_can_begin_earlier(owner, viewer, address, shown):
    begins = timezone.now() + timedelta(days=9)
    Grant.objects.filter(user=viewer).update(starts_at=begins)
    owner.post(address(viewer), shown(viewer) | {"begins": "now"})
    assert Grant.objects.live().filter(user=viewer).exists()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"kind": "staff"}, "Select a valid choice."),
        ({"permissions": ["own"]}, "Select a valid choice."),
        ({"told": ["everything"]}, "Select a valid choice."),
        ({"notes": ""}, "This field is required."),
        ({"ends": "date", "until": ""}, "Choose the last day."),
        ({"ends": "date", "until": "2020-01-01"}, "Choose a day after today."),
        ({"ends": "date", "until": "9999-12-31"}, "within the next ten years"),
        ({"permissions": ["manage"], "notes": "hide"}, "Choose one of the two."),
    ],
)
def test_bad_input_is_told_beside_the_field_and_changes_nothing(
    owner, viewer, address, shown, typed, complaint
):
    before = Grant.objects.values().get(user=viewer)
    answer = owner.post(address(viewer), shown(viewer) | typed)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert Grant.objects.values().get(user=viewer) == before


# --- Nobody gives more than they have -----------------------------------------------


@pytest.fixture
def limited(db: None, grant_to: Callable[..., Grant]) -> User:
    """Manages without adding entries, sees no period, and has access for nine days."""
    user = User.objects.create_user("limited@example.org")
    ends = timezone.now() + timedelta(days=9)
    grant_to(user, "manage", hidden=["period"], expires_at=ends)
    return user


def test_a_manager_gives_no_permission_that_they_have_not(
    sign_in, limited, viewer, address, shown
):
    typed = shown(viewer, limited) | {"permissions": ["log"]}
    answer = sign_in(limited).post(address(viewer), typed)
    assert "Select a valid choice." in answer.content.decode()
    assert grant_of(viewer).permissions == ["view"]


def test_a_manager_may_leave_or_take_what_somebody_else_gave(
    sign_in, limited, logger_, address, shown
):
    browser = sign_in(limited)
    browser.post(address(logger_), shown(logger_, limited) | {"told": ["help"]})
    assert grant_of(logger_).permissions == ["view", "log"]
    browser.post(address(logger_), shown(logger_, limited) | {"permissions": []})
    assert grant_of(logger_).permissions == ["view"]


def test_a_manager_shows_nobody_what_is_hidden_from_themselves(
    sign_in, limited, viewer, logger_, address, shown
):
    Grant.objects.filter(user=viewer).update(hidden=["period"])
    typed = shown(viewer, limited)
    typed.pop("hide_period")
    sign_in(limited).post(address(viewer), typed)
    assert grant_of(viewer).hidden == ["period"]
    # And hides from nobody what they have seen before.
    sign_in(limited).post(address(logger_), shown(logger_, limited) | {"ends": "30"})
    assert grant_of(logger_).hidden == []


def test_a_manager_renews_no_longer_than_they_stay_themselves(
    sign_in, limited, viewer, address, shown
):
    sign_in(limited).post(address(viewer), shown(viewer, limited) | {"ends": "90"})
    assert grant_of(viewer).expires_at == grant_of(limited).expires_at


def test_nobody_changes_their_own_access(sign_in, manager, address, shown):
    typed = shown(manager, manager) | {"ends": "30"}
    for method in ("get", "post"):
        answer = getattr(sign_in(manager), method)(address(manager), typed)
        assert answer.status_code == 403
    assert grant_of(manager).expires_at is None


def test_what_was_lost_between_the_door_and_the_lock_is_not_given(
    patient, manager, viewer
):
    """The form was shown and sent by a manager; then the owner removed them."""
    record, grant = opened_by(manager, patient), grant_of(viewer)
    Grant.objects.filter(user=manager).update(revoked_at=timezone.now())
    seen = stale.write(stale.marks(parts_of(grant, record)))
    typed = {**parts_of(grant, record), "permissions": ["view", "log"]}
    with pytest.raises(PermissionDenied):
        change(record, grant, typed, seen, by=manager)
    assert grant_of(viewer).permissions == ["view"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", 403), ("logger_", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_who_manages_changes_access(
    request, sign_in, manager, address, who, status
):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(address(manager)).status_code == status
    assert browser.post(address(manager), {}).status_code == status


# --- Two people at once, and what ended ---------------------------------------------


def test_of_two_changes_of_different_parts_both_are_kept(
    owner, sign_in, manager, viewer, address, shown
):
    mine, theirs = shown(viewer), shown(viewer, manager)
    owner.post(address(viewer), mine | {"permissions": ["log"]})
    sign_in(manager).post(address(viewer), theirs | {"told": ["help"]})
    grant = grant_of(viewer)
    assert (grant.permissions, grant.told) == (["view", "log"], ["help"])


def test_of_two_changes_of_one_part_the_second_is_asked(
    owner, sign_in, manager, viewer, address, shown
):
    mine, theirs = shown(viewer), shown(viewer, manager)
    owner.post(address(viewer), mine | {"permissions": ["log"]})
    late = sign_in(manager).post(address(viewer), theirs | {"permissions": ["export"]})
    assert "Somebody else changed this" in late.content.decode()
    assert grant_of(viewer).permissions == ["view", "log"]
    again = theirs | {
        "permissions": ["export"],
        "seen": late.context["form"].data["seen"],
    }
    sign_in(manager).post(address(viewer), again)
    assert grant_of(viewer).permissions == ["view", "export"]


def test_of_two_changes_that_do_not_go_together_the_second_is_asked(
    owner, sign_in, manager, viewer, address, shown
):
    """One makes somebody a manager, the other hides the notes from them."""
    mine, theirs = shown(viewer), shown(viewer, manager)
    owner.post(address(viewer), mine | {"permissions": ["manage"]})
    late = sign_in(manager).post(address(viewer), theirs | {"notes": "hide"})
    assert "Somebody else changed this" in late.content.decode()
    assert (grant_of(viewer).permissions, grant_of(viewer).hidden) == (
        ["view", "manage"],
        [],
    )
    again = late.context["form"].data.dict() | {"permissions": ["manage"]}
    answer = sign_in(manager).post(address(viewer), again)
    assert "Choose one of the two." in answer.content.decode()


def test_an_end_is_not_stored_beside_a_beginning_it_was_not_chosen_for(
    owner, sign_in, manager, patient, viewer, address, shown
):
    now = timezone.now()
    Grant.objects.filter(user=viewer).update(starts_at=now + timedelta(days=5))
    mine, theirs = shown(viewer), shown(viewer, manager)
    today = now.astimezone(patient.tz).date()
    later, sooner = (str(today + timedelta(days=days)) for days in (20, 10))
    owner.post(address(viewer), mine | {"begins_on": later})
    typed = theirs | {"ends": "date", "until": sooner}
    late = sign_in(manager).post(address(viewer), typed)
    assert "Somebody else changed this" in late.content.decode()
    assert grant_of(viewer).expires_at is None


def test_what_has_ended_cannot_be_changed(owner, viewer, address, shown):
    where, typed = address(viewer), shown(viewer) | {"permissions": ["log"]}
    Grant.objects.filter(user=viewer).update(revoked_at=timezone.now())
    answer = owner.post(where, typed, follow=True)
    assert "has ended meanwhile" in answer.content.decode()
    assert Grant.objects.get(user=viewer).permissions == ["view"]


def test_what_was_allowed_before_is_kept_with_who_changed_it(
    owner, sign_in, manager, viewer, address, shown, django_assert_max_num_queries
):
    sign_in(manager).post(address(viewer), shown(viewer) | {"permissions": ["log"]})
    for topic in ("help", "act", "watch"):
        owner.post(address(viewer), shown(viewer) | {"told": [topic]})
    with django_assert_max_num_queries(25):
        page = owner.get(address(viewer)).content.decode()
    assert page.count("changed by Alice") == 3
    assert page.count("changed by Manager") == 1


def test_what_was_allowed_before_goes_with_the_record(
    owner, patient, viewer, address, shown
):
    owner.post(address(viewer), shown(viewer) | {"permissions": ["log"]})
    events = apps.get_model("sharing", "GrantEvent").objects
    assert events.filter(patient=patient).count() == 1
    pk = patient.pk
    patient.delete()
    assert not events.filter(patient=pk).exists()


# --- An open invitation -------------------------------------------------------------


def test_an_open_invitation_can_be_changed(owner, patient, send_to, opened, ben):
    grant, token = send_to("ben@example.org")
    form = ChangeForm(patient=opened_by(patient.owner, patient), grant=grant)
    where = f"/patients/{patient.public_id}/sharing/{grant.public_id}/"
    owner.post(where, as_shown(form) | {"permissions": ["log"]})
    page = opened(ben, token).get("/invitation/").content.decode()
    assert "add entries" in page


def test_a_managers_invitation_that_the_owner_changes_stands_by_the_owner(
    owner, patient, manager, alice
):
    Grant.objects.filter(user=manager).update(
        expires_at=timezone.now() + timedelta(days=5)
    )
    grant, _ = invite(
        patient, InvitationDraft("ben@example.org", "caregiver", ("view",)), by=manager
    )
    form = ChangeForm(patient=opened_by(alice, patient), grant=grant)
    where = f"/patients/{patient.public_id}/sharing/{grant.public_id}/"
    owner.post(where, as_shown(form) | {"ends": "never"})
    assert Grant.objects.standing().filter(pk=grant.pk, expires_at=None).exists()


@pytest.fixture
def theirs(patient: Patient, alice: User) -> Callable[..., Grant]:
    """An open invitation of Alice's without an end."""

    def make(**fields: Any) -> Grant:
        draft = InvitationDraft("ben@example.org", "caregiver", ("view",), **fields)
        return invite(patient, draft, by=alice)[0]

    return make


def test_an_invitation_that_a_manager_changes_ends_with_them_and_still_opens(
    sign_in, patient, limited, theirs
):
    grant = theirs()
    form = ChangeForm(patient=opened_by(limited, patient), grant=grant)
    where = f"/patients/{patient.public_id}/sharing/{grant.public_id}/"
    sign_in(limited).post(where, as_shown(form) | {"told": ["help"]})
    stands = Grant.objects.standing().get(pk=grant.pk)
    assert stands.told == ["help"]
    assert stands.expires_at == grant_of(limited).expires_at


def test_a_manager_who_is_gone_when_it_begins_changes_no_invitation(
    sign_in, patient, limited, theirs
):
    """Both on one day, so that the days alone tell nothing."""
    own_end = grant_of(limited).expires_at
    grant = theirs(starts_at=own_end + timedelta(seconds=1))
    form = ChangeForm(patient=opened_by(limited, patient), grant=grant)
    where = f"/patients/{patient.public_id}/sharing/{grant.public_id}/"
    answer = sign_in(limited).post(where, as_shown(form) | {"told": ["help"]})
    assert "Your own access has ended by then." in answer.content.decode()
    assert Grant.objects.standing().get(pk=grant.pk).told == []


# --- The notice that access ends soon -----------------------------------------------


def ending(patient: Patient) -> list[datetime]:
    planned = Occurrence.objects.filter(patient=patient, kind="grant", state="pending")
    return sorted(planned.values_list("about_at", flat=True))


def test_the_notice_follows_the_end_at_once(owner, patient, viewer, address, shown):
    preferences_of(patient)
    Preferences.objects.filter(patient=patient).update(grant_days=7)
    owner.post(address(viewer), shown(viewer) | {"ends": "30"})
    assert ending(patient) == [grant_of(viewer).expires_at]
    owner.post(address(viewer), shown(viewer) | {"ends": "90"})
    assert ending(patient) == [grant_of(viewer).expires_at]
    owner.post(address(viewer), shown(viewer) | {"ends": "never"})
    assert ending(patient) == []


def test_nothing_tells_of_the_end_of_access_that_was_revoked(
    owner, patient, viewer, address, shown
):
    preferences_of(patient)
    Preferences.objects.filter(patient=patient).update(grant_days=7)
    owner.post(address(viewer), shown(viewer) | {"ends": "30"})
    owner.post(f"{address(viewer)}revoke/")
    assert ending(patient) == []


def test_who_has_access_and_who_gave_it_see_that_it_ends_soon(
    owner, sign_in, patient, viewer
):
    ends = timezone.now() + timedelta(days=5)
    Grant.objects.filter(user=viewer).update(expires_at=ends)
    day = f"{ends.astimezone(patient.tz):%-d %B}"
    people = owner.get(f"/patients/{patient.public_id}/sharing/").content.decode()
    assert "To renew it" in people
    theirs = sign_in(viewer).get(f"/patients/{patient.public_id}/timeline/")
    assert f"until {day}" in theirs.content.decode()
    Grant.objects.filter(user=viewer).update(expires_at=ends + timedelta(days=30))
    people = owner.get(f"/patients/{patient.public_id}/sharing/").content.decode()
    assert "To renew it" not in people
