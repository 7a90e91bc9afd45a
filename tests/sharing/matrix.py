"""Who may do what at which address: the table that the matrix test goes through.

A new address fails the test until it stands in one of the three tables. Of a page of a
record it is enough to say what is needed to read it and to send to it, with something
to send that is accepted; see `World` for what the record holds.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from django.utils import timezone

from tests.sharing.roles import EXPORT, LOG, MANAGE, VIEW, Page
from tests.sharing.sends import (
    an_answer,
    checkin,
    choices,
    comment,
    corrected_attack,
    corrected_checkin,
    corrected_infusion,
    corrected_number,
    corrected_trigger,
    course,
    csv_file,
    current_medicine,
    current_plan,
    feeling_ill,
    first_version,
    infusion,
    infusion_deleted,
    invitation,
    last_change,
    lot,
    low_pressure,
    measured,
    medicine,
    next_infusion,
    not_given,
    number_before,
    over,
    own_word,
    past_attack,
    plan,
    renamed_word,
    running,
    settings,
    sheet,
    suggested_time,
    to_beside,
    treatment,
    visit_sheet,
)

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
    "report": Page(get=VIEW),
    "report_questions": Page(get=MANAGE, post=MANAGE, sends=visit_sheet),
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
