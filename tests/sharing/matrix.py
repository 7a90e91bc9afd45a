"""Who may do what at which address: the table that the matrix test goes through.

A new address fails the test until it stands in one of the three tables. Of a page of a
record it is enough to say what is needed to read it and to send to it, with something
to send that is accepted; see `World` for what the record holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from attacks.drafts import draft_of
from attacks.facts import course_of
from attacks.facts import digest as fact_digest
from attacks.models import Attack, PastCount, Trigger
from attacks.past import digest as count_digest
from attacks.suggestions import suggested
from capleak.forms import SettingsForm
from diary.models import Measurement, ProdromeFlag
from notifications.forms import PreferencesForm
from prophylaxis.models import Plan
from prophylaxis.services import standing
from sharing.models import Patient, Permission

EVERYTHING: Final = frozenset(Permission)
NOTHING: Final[frozenset[Permission]] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the URLconf, by its full name, with its parameters."""

    name: str
    params: frozenset[str]


def routes(
    resolver: URLResolver, namespace: str = "", params: frozenset[str] = frozenset()
) -> Iterator[Route]:
    """Every address below `resolver`; one without a name is called by its pattern."""
    for entry in resolver.url_patterns:
        of_entry = params | entry.pattern.regex.groupindex.keys()
        if isinstance(entry, URLPattern):
            yield Route(namespace + (entry.name or str(entry.pattern)), of_entry)
        else:
            below = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, below, of_entry)


@dataclass(frozen=True, slots=True)
class Role:
    """Someone who asks, and what is due to them. None: nothing opens at all."""

    name: str
    permissions: frozenset[Permission] | None
    has_grant: bool = True
    sees_all: bool = True  # else no notes, no own words and no period
    is_main: bool = True  # in every run of the tests; the others in the whole suite
    sent_to: str = "/accounts/login/"  # if nothing opens


VIEW, LOG, EXPORT, MANAGE = Permission

ROLES: Final = (
    Role("anonymous", None, has_grant=False),
    Role("owner", EVERYTHING, has_grant=False),
    Role("eve", NOTHING, has_grant=False),  # a stranger with a record of her own
    Role("viewer", frozenset({VIEW})),
    Role("logger", frozenset({VIEW, LOG})),
    Role("doctor", frozenset({VIEW, EXPORT})),
    Role("manager", EVERYTHING),
    Role("discreet", frozenset({VIEW, LOG, EXPORT}), sees_all=False),
    Role("revoked", NOTHING, has_grant=False),
    Role("expired", NOTHING, has_grant=False, is_main=False),
    Role("invited", NOTHING, has_grant=False, is_main=False),  # has not accepted
    Role("early", NOTHING, has_grant=False, is_main=False),  # grant has not begun
    # May do everything, and has not taken the second step of signing in yet.
    Role("pending", None, has_grant=False),
    # May do everything, and has not set the second factor up that clinicians need.
    Role("unready", None, has_grant=False, sent_to="/accounts/security/"),
    Role("clinician", frozenset({VIEW, EXPORT})),  # has set it up
)


@dataclass(frozen=True, slots=True)
class World:
    """Alice's record, and the ids by which its addresses are made."""

    record: Patient
    beside: Patient  # another one, for which all who may log here may log as well
    attack: Attack  # going on, in its first phase
    ids: dict[str, UUID | int]  # by the name of the parameter
    foreign: dict[str, UUID | int]  # the same kinds of things of Eve's record


Fields = dict[str, object]


def as_shown(form: forms.Form) -> Fields:
    """What a browser sends of a form that nobody touched."""
    sent: Fields = {}
    for bound in form:
        value = bound.value()
        if value is True:
            sent[bound.html_name] = "on"
        elif isinstance(value, list):
            sent[bound.html_name] = value
        elif value not in (None, False):
            shown = bound.field.widget.format_value(value)
            sent[bound.html_name] = shown[0] if isinstance(shown, list) else shown
    return sent


def nothing(world: World, role: Role) -> Fields:
    return {}


def unprepared(world: World) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of a record needs; None: it does not take this method.

    `sends` is accepted when sent; `prepare` changes the record first, if it must. What
    is sent to a page that does not write is only kept out of addresses.
    """

    get: Permission | None = None
    post: Permission | None = None
    answers: int = 302  # what is accepted
    sends: Callable[[World, Role], Fields] = field(default=nothing)
    prepare: Callable[[World], None] = field(default=unprepared)
    writes: bool = True
    hides: bool = False  # what is sent is hidden from some, and then refused kindly

    def need(self, method: str) -> Permission | None:
        return {"GET": self.get, "HEAD": self.get, "POST": self.post}.get(method)


def checkin(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "well": "1"}


def corrected_checkin(world: World, role: Role) -> Fields:
    return checkin(world, role) | {"version": 1, "s_fatigue": "0"}


def last_change(world: World, role: Role) -> Fields:
    return {"version": 1}


def first_version(world: World, role: Role) -> Fields:
    return {"version": 1, "number": 1}


def to_beside(world: World, role: Role) -> Fields:
    return {"version": 1, "to": world.beside.public_id, "sure": "1"}


def comment(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "day": "2020-02-03", "text": "Thinking of you."}


def feeling_ill(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "grade": "2"}


def own_word(world: World, role: Role) -> Fields:
    return {"label": "Heavy legs"}


def renamed_word(world: World, role: Role) -> Fields:
    return {f"{world.ids['symptom']}-label": "Leaden legs"}


def measured(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "m_pulse": "64"}


def sheet(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "at": "2020-02-03T08:00", "m_crp": "3"}


def an_answer(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "label": "cold"}


def flagged(world: World) -> None:
    """Open the flag, so that there is something to tell of."""
    ProdromeFlag.objects.filter(patient=world.record).update(
        closed_at=None, closed_why=""
    )


def csv_file(world: World, role: Role) -> Fields:
    content = b"Date,Pulse\n2020-02-03 08:00,61\n"
    return {"file": SimpleUploadedFile("pulse.csv", content)}


def settings(world: World, role: Role) -> Fields:
    return {
        "name": "Amarantha",
        "zone": "Europe/Berlin",
        "emergency_number": "112",
        "u_weight": "kg",
        "u_temperature": "°C",
        "seen": SettingsForm(patient=world.record)["seen"].value(),
    }


def past_attack(world: World, role: Role) -> Fields:
    return {
        "leak_start": "2019-05-06T07:08",
        "leak_start_precision": "day",
        "outcome": "attack",
    }


def corrected_attack(world: World, role: Role) -> Fields:
    note = world.attack.note if role.sees_all else None
    seen = draft_of(world.attack, note=note).digest
    return past_attack(world, role) | {"seen": seen}


def over(world: World) -> None:
    """End the attack, so that another can start."""
    Attack.objects.filter(pk=world.attack.pk).update(
        ongoing=False, end=timezone.now() - timedelta(hours=1)
    )


def course(world: World, role: Role) -> Fields:
    given_as = "patient" if role.name == "owner" else "caregiver"
    return {"seen": course_of(world.attack, given_as=given_as).digest, "icu": "yes"}


def treatment(world: World, role: Role) -> Fields:
    return {"client_id": uuid4(), "kind": "albumin", "amount": "20", "unit": "g"}


def corrected_trigger(world: World, role: Role) -> Fields:
    stored = Trigger.objects.get(client_id=str(world.ids["fact"]))
    seen = fact_digest(stored, with_note=role.sees_all)
    return {"seen": seen, "kind": "travel"}


def low_pressure(world: World) -> None:
    """Give the open attack a time that the entries suggest for its leak."""
    row = Measurement(
        patient=world.record,
        quantity="systolic",
        value=80,
        typed_value=80,
        typed_unit="mmHg",
    )
    row.set_moment(timezone.now() - timedelta(hours=1), "UTC")
    row.save()


def suggested_time(world: World, role: Role) -> Fields:
    owner = world.record.owner
    assert owner is not None
    record = Patient.objects.visible_to(owner).get(pk=world.record.pk)
    offered = suggested(record, world.attack, timezone.now())
    return {"use": "1", "key": offered[0].key}


def number_before(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "from_year": "2001",
        "until_year": "2004",
        "count": "3",
        "complete": "yes",
    }


def corrected_number(world: World, role: Role) -> Fields:
    stored = PastCount.objects.get(client_id=str(world.ids["count"]))
    return number_before(world, role) | {"seen": count_digest(stored)}


def plan(world: World, role: Role) -> Fields:
    return {
        "product": "Panzyga",
        "route": "iv",
        "dose_g_per_kg": "1",
        "interval_days": "21",
        "first_at": f"{timezone.now() + timedelta(days=5):%Y-%m-%dT08:00}",
        "zone": "Europe/Berlin",
        "seen": current_plan(world, role)["plan"],
    }


def current_plan(world: World, role: Role) -> Fields:
    return {"plan": Plan.objects.get(patient=world.record, ended_at=None).pk}


def infusion(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "started_at": "2020-02-03T08:00",
        "product": "Panzyga",
    }


def corrected_infusion(world: World, role: Role) -> Fields:
    return infusion(world, role) | {"version": 1}


def running(world: World) -> None:
    """An infusion of this morning, on any clock."""
    began = timezone.now() - timedelta(hours=6)
    world.record.infusions.update(status="started", started_at=began)


def infusion_deleted(world: World) -> None:
    world.record.infusions.all().delete()


def next_infusion(world: World, role: Role) -> Fields:
    return {"at": f"{timezone.now() + timedelta(days=5):%Y-%m-%dT08:00}"}


def not_given(world: World, role: Role) -> Fields:
    due = standing(world.record, timezone.now()).due
    assert due is not None
    return {"due": due.isoformat(), "status": "skipped", "reason": "a cold"}


def medicine(world: World, role: Role) -> Fields:
    return {
        "client_id": uuid4(),
        "name": "Montelukast",
        "dose": "10 mg",
        "times": "21",
        "zone": "Europe/Berlin",
        "valid_from": "2020-02-03",
    }


def current_medicine(world: World, role: Role) -> Fields:
    stored = world.record.medicines.get(ended_at=None)
    return medicine(world, role) | {"seen": stored.pk}


def lot(world: World, role: Role) -> Fields:
    return {"number": "LB 4711-A"}


def invitation(world: World, role: Role) -> Fields:
    return {"email": "cleo@example.org", "kind": "caregiver", "ends": "never"}


def choices(world: World, role: Role) -> Fields:
    """Everything as it is, and a later morning."""
    form = PreferencesForm(patient=world.record)
    return as_shown(form) | {"morning": "10:00"}


RECORD: Final = {
    "today": Page(get=VIEW),
    "timeline": Page(get=VIEW),
    "search": Page(
        get=VIEW,
        post=VIEW,
        sends=lambda world, role: {"words": "wrote"},
        writes=False,
    ),
    "year": Page(get=VIEW),
    "flags": Page(get=VIEW, post=MANAGE, sends=lambda world, role: {"budget": "more"}),
    "settings": Page(get=MANAGE, post=MANAGE, sends=settings),
    "diary:checkin_new": Page(get=LOG, post=LOG, sends=checkin),
    "diary:sick": Page(get=LOG, post=LOG, sends=feeling_ill),
    "diary:edit": Page(get=LOG, post=LOG, sends=corrected_checkin),
    "diary:delete": Page(get=LOG, post=LOG, sends=last_change),
    "diary:undo": Page(post=LOG, sends=last_change),
    "diary:history": Page(get=VIEW, post=LOG, sends=first_version),
    "diary:move": Page(get=LOG, post=LOG, sends=to_beside),
    "diary:deleted": Page(get=LOG),
    "diary:comment": Page(post=VIEW, sends=comment),
    "diary:comment_delete": Page(post=MANAGE),  # or who wrote it
    "diary:symptoms": Page(get=LOG, post=LOG, sends=own_word, hides=True),
    "diary:symptom": Page(post=MANAGE, sends=renamed_word),
    "diary:pin": Page(post=MANAGE, sends=lambda world, role: {"add": "fever"}),
    "diary:measure": Page(get=LOG, post=LOG, sends=measured),
    "diary:labs": Page(get=LOG, post=LOG, sends=sheet),
    "diary:profile": Page(
        get=VIEW, post=MANAGE, sends=lambda world, role: {"kind": "acute"}
    ),
    "diary:import": Page(get=LOG, post=LOG, sends=csv_file),
    "diary:import_run": Page(  # only for who sent the file
        get=LOG, post=LOG, sends=lambda world, role: {"do": "now"}
    ),
    "diary:download": Page(get=EXPORT),
    "diary:help": Page(get=VIEW, post=LOG),
    "diary:flag_recheck": Page(post=LOG, sends=lambda world, role: {"hours": "2"}),
    "diary:flag_answer": Page(get=LOG, post=LOG, sends=an_answer),
    "attacks:list": Page(get=VIEW),
    "attacks:compare": Page(get=VIEW),
    "attacks:numbers": Page(get=VIEW),
    "attacks:start": Page(
        get=LOG,
        post=LOG,
        sends=lambda world, role: {"begins": "leak_start"},
        prepare=over,
    ),
    "attacks:new": Page(get=LOG, post=LOG, sends=past_attack),
    "attacks:detail": Page(get=VIEW),
    "attacks:edit": Page(get=LOG, post=LOG, sends=corrected_attack),
    "attacks:move": Page(post=LOG, sends=lambda world, role: {"move": "leak_start"}),
    "attacks:course": Page(get=LOG, post=LOG, sends=course),
    "attacks:trigger_new": Page(
        get=LOG,
        post=LOG,
        sends=lambda world, role: {"client_id": uuid4(), "kind": "infection"},
    ),
    "attacks:stay_new": Page(
        get=LOG,
        post=LOG,
        sends=lambda world, role: {"client_id": uuid4(), "first_called": "sepsis"},
    ),
    "attacks:treatment_new": Page(get=LOG, post=LOG, sends=treatment),
    "attacks:complication_new": Page(
        get=LOG,
        post=LOG,
        sends=lambda world, role: {"client_id": uuid4(), "kind": "stroke"},
    ),
    "attacks:fact": Page(get=LOG, post=LOG, sends=corrected_trigger),
    "attacks:fact_delete": Page(post=LOG),
    "attacks:history": Page(get=VIEW),
    "attacks:suggestion": Page(post=LOG, sends=suggested_time, prepare=low_pressure),
    "attacks:by_year": Page(
        get=LOG,
        post=LOG,
        sends=lambda world, role: {"client_id": uuid4(), "year": "2001"},
    ),
    "attacks:past_new": Page(get=LOG, post=LOG, sends=number_before),
    "attacks:past": Page(get=LOG, post=LOG, sends=corrected_number),
    "attacks:past_delete": Page(post=LOG),
    "prophylaxis:ivig": Page(get=VIEW),
    "prophylaxis:plan": Page(get=MANAGE, post=MANAGE, sends=plan),
    "prophylaxis:plan_end": Page(get=MANAGE, post=MANAGE, sends=current_plan),
    "prophylaxis:infusion_new": Page(get=LOG, post=LOG, sends=infusion),
    "reminders:page": Page(get=MANAGE),
    "reminders:edit": Page(get=MANAGE, post=MANAGE, sends=choices),
    "reminders:zone": Page(
        get=MANAGE, post=MANAGE, sends=lambda world, role: {"answer": "stay"}
    ),
    "reminders:hospital": Page(
        get=LOG, post=LOG, sends=lambda world, role: {"do": "begin"}
    ),
    "reminders:open": Page(get=VIEW, answers=302),
    "reminders:seen": Page(post=VIEW),
    "prophylaxis:infusion": Page(get=VIEW),
    "prophylaxis:infusion_edit": Page(get=LOG, post=LOG, sends=corrected_infusion),
    "prophylaxis:infusion_finish": Page(
        post=LOG,
        sends=lambda world, role: {"at": f"{timezone.now():%Y-%m-%dT%H:%M}"},
        prepare=running,
    ),
    "prophylaxis:infusion_delete": Page(get=LOG, post=LOG, sends=last_change),
    "prophylaxis:infusion_restore": Page(post=LOG, prepare=infusion_deleted),
    "prophylaxis:arrange": Page(get=LOG, post=LOG, sends=next_infusion),
    "prophylaxis:skip": Page(get=LOG, post=LOG, sends=not_given),
    "prophylaxis:withdraw": Page(post=LOG),
    "prophylaxis:medicines": Page(get=VIEW),
    "prophylaxis:medicine_new": Page(get=MANAGE, post=MANAGE, sends=medicine),
    "prophylaxis:medicine_edit": Page(get=MANAGE, post=MANAGE, sends=current_medicine),
    "prophylaxis:medicine_end": Page(get=MANAGE, post=MANAGE, sends=current_medicine),
    "prophylaxis:lots": Page(get=VIEW, post=VIEW, sends=lot, writes=False),
    "prophylaxis:lots_csv": Page(post=EXPORT, sends=lot, writes=False),
    "prophylaxis:recall_consent": Page(
        post=MANAGE, sends=lambda world, role: {"agreed": "yes"}
    ),
    "prophylaxis:calendar": Page(  # everyone's own link
        get=VIEW, post=VIEW, answers=200, sends=lambda world, role: {"do": "new"}
    ),
    "prophylaxis:calendar_end": Page(post=VIEW),
    "sharing:people": Page(get=MANAGE),
    "sharing:invite": Page(get=MANAGE, post=MANAGE, answers=200, sends=invitation),
    "sharing:revoke": Page(post=MANAGE),
    "sharing:log": Page(get=MANAGE),
}

# Without an account, and why.
PUBLIC: Final = {
    "landing": "says what CapLeak is",
    "learn": "lists pages of general facts",
    "learn_page": "tells general facts, the same to everyone",
    "healthz": "asked by machines; tells that parts are alive and nothing else",
    "calendar": "shows the calendar of whoever made its secret link",
    "invitation:open": "keeps an invitation until its reader has signed in",
    "answer:page": "answers a message by a secret link; neutral words only",
    "mail:unsubscribe": "the link in a mail; its signature is the proof",
    "mail:bounced": "called by a mail service that has a secret",
    "session_left": "how long the asking browser stays signed in",
    "mfa_authenticate": "the second step of signing in",
    "mfa_login_webauthn": "signing in with a passkey",
    "account_login": "signing in",
    "account_signup": "signing up",
    "account_inactive": "tells that an account is closed",
    "account_email_verification_sent": "tells to look for mail",
    "account_confirm_login_code": "signing in with a code from a mail",
    "account_confirm_email": "the link in that mail",
    "account_reset_password": "asking for a new password",
    "account_reset_password_done": "tells to look for mail",
    "account_reset_password_from_key": "the link in that mail",
    "account_reset_password_from_key_done": "tells that it is saved",
}

# With an account and without a record in the address, and why that shows none.
SIGNED_IN: Final = {
    "home": "lists what the user may see",
    "start": "makes the user's own record",
    "recall": "is there for staff alone, and finds who agreed to be found",
    "recall_csv": "is there for staff alone, and finds who agreed to be found",
    "invitation:page": "shows an invitation to whoever owns its address",
    "staff": "signs of life and counts, for staff alone",
    "mail:page": "where the user's own mail goes",
    "security": "the account itself",
    "mfa_index": "the account itself",
    "mfa_reauthenticate": "the account itself",
    "mfa_activate_totp": "the account itself",
    "mfa_deactivate_totp": "the account itself",
    "mfa_view_recovery_codes": "the account itself",
    "mfa_generate_recovery_codes": "the account itself",
    "mfa_download_recovery_codes": "the account itself",
    "mfa_list_webauthn": "the account itself",
    "mfa_add_webauthn": "the account itself",
    "mfa_edit_webauthn": "the account itself",
    "mfa_remove_webauthn": "the account itself",
    "mfa_reauthenticate_webauthn": "the account itself",
    "account_logout": "the account itself",
    "account_reauthenticate": "the account itself",
    "account_email": "the account itself",
    "account_change_password": "the account itself",
    "account_set_password": "the account itself",
}

# Values for the parameters of addresses that belong to no record.
ELSEWHERE: Final = {
    "token": "no-such-token",
    "key": "no-such-key",
    "uidb36": "1",
    "page": "attack",
    "pk": 1,
}
