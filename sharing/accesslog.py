"""The access log as its patient reads it: who opened what, when, with what.

Whoever asks for a file leaves a line at the door, as with every other page; that the
file left is a line of its own, and only then is anything said to be taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sharing.logfilter import Wanted
from sharing.models import AccessEvent, Grant, Patient, User, record_numbers

LINES_A_PAGE = 50
EVERYTHING: Final = Wanted()

# Every route of a record: what looking at it is called, and what sending to it is. A
# test fails for a route that has no words.
OPENED: Final[Mapping[str, str]] = {
    "home": gettext_noop("saw the diary in their list"),
    "today": gettext_noop("opened Today"),
    "timeline": gettext_noop("opened the timeline"),
    "search": gettext_noop("opened the search"),
    "year": gettext_noop("opened the 12 months at a glance"),
    "flags": gettext_noop("opened the page on flags"),
    "settings": gettext_noop("opened the settings"),
    "erase_record": gettext_noop("opened the page that deletes the diary"),
    "corrections": gettext_noop("opened the corrections that were asked for"),
    "correction_checkin": gettext_noop("opened the form to ask for a correction"),
    "correction_attack": gettext_noop("opened the form to ask for a correction"),
    "correction_infusion": gettext_noop("opened the form to ask for a correction"),
    "exports": gettext_noop("opened the page of the exports"),
    "takeout": gettext_noop("opened the page that takes everything out"),
    "report": gettext_noop("opened the report for a visit"),
    "report_questions": gettext_noop("opened the questions for a visit"),
    "diary:checkin_new": gettext_noop("opened the check-in form"),
    "diary:edit": gettext_noop("opened the form to change an entry"),
    "diary:delete": gettext_noop("opened the page that deletes an entry"),
    "diary:history": gettext_noop("opened the history of an entry"),
    "diary:move": gettext_noop("opened the page that moves an entry"),
    "diary:deleted": gettext_noop("opened the deleted entries"),
    "diary:sick": gettext_noop("opened “I feel ill”"),
    "diary:measure": gettext_noop("opened the form for measurements"),
    "diary:labs": gettext_noop("opened the form for laboratory values"),
    "diary:symptoms": gettext_noop("opened the own symptoms"),
    "diary:profile": gettext_noop("opened the diagnosis and usual values"),
    "diary:import": gettext_noop("opened the page that brings a file in"),
    "diary:import_run": gettext_noop("opened a file that is brought in"),
    "diary:download": gettext_noop("asked for the entries as a file"),
    "diary:flag_answer": gettext_noop("opened the page that says what a flag was"),
    "diary:help": gettext_noop("opened the help page"),
    "attacks:list": gettext_noop("opened the list of attacks"),
    "attacks:start": gettext_noop("opened “attack starting”"),
    "attacks:new": gettext_noop("opened the form for a past attack"),
    "attacks:detail": gettext_noop("opened an attack"),
    "attacks:compare": gettext_noop("opened the comparison of attacks"),
    "attacks:numbers": gettext_noop("opened the numbers of the attacks"),
    "attacks:edit": gettext_noop("opened the form to change an attack"),
    "attacks:course": gettext_noop("opened the facts of an attack"),
    "attacks:trigger_new": gettext_noop("opened the form for a trigger"),
    "attacks:stay_new": gettext_noop("opened the form for a hospital stay"),
    "attacks:treatment_new": gettext_noop("opened the form for a treatment"),
    "attacks:complication_new": gettext_noop("opened the form for a complication"),
    "attacks:fact": gettext_noop("opened the form to change a fact of an attack"),
    "attacks:history": gettext_noop("opened the earlier versions of an attack"),
    "attacks:by_year": gettext_noop("opened the form for an attack by year"),
    "attacks:past_new": gettext_noop("opened the form for attacks before the diary"),
    "attacks:past": gettext_noop("opened the form for attacks before the diary"),
    "prophylaxis:ivig": gettext_noop("opened the IVIG page"),
    "prophylaxis:plan": gettext_noop("opened the form of the IVIG plan"),
    "prophylaxis:plan_end": gettext_noop("opened the page that ends the IVIG plan"),
    "prophylaxis:infusion_new": gettext_noop("opened the form for an infusion"),
    "reminders:page": gettext_noop("opened the reminders"),
    "reminders:edit": gettext_noop("opened the form to change reminders"),
    "reminders:zone": gettext_noop("opened the page that moves reminders"),
    "reminders:hospital": gettext_noop("opened hospital mode"),
    "reminders:open": gettext_noop("followed a message to the diary"),
    "prophylaxis:infusion": gettext_noop("opened an infusion"),
    "prophylaxis:infusion_edit": gettext_noop("opened the form to change an infusion"),
    "prophylaxis:infusion_delete": gettext_noop(
        "opened the page that deletes an infusion"
    ),
    "prophylaxis:arrange": gettext_noop("opened the form for the next infusion"),
    "prophylaxis:skip": gettext_noop("opened the form for an infusion not given"),
    "prophylaxis:medicines": gettext_noop("opened the medicines"),
    "prophylaxis:medicine_new": gettext_noop("opened the form for a medicine"),
    "prophylaxis:medicine_edit": gettext_noop("opened the form to change a medicine"),
    "prophylaxis:medicine_end": gettext_noop("opened the page that ends a medicine"),
    "prophylaxis:lots": gettext_noop("opened the search for a lot"),
    "prophylaxis:calendar": gettext_noop("opened the page of their calendar link"),
    "sharing:people": gettext_noop("opened Sharing"),
    "sharing:invite": gettext_noop("opened the form to invite someone"),
    "sharing:edit": gettext_noop("opened the form to change someone’s access"),
    "sharing:waiting": gettext_noop("looked whether a link was opened"),
    "sharing:log": gettext_noop("opened this log"),
    "sharing:running": gettext_noop("opened the page on who runs the diary"),
    "sharing:hand_over": gettext_noop("opened the form that hands the diary over"),
    "closing": gettext_noop("opened the page that closes the diary after a death"),
    "memorial": gettext_noop("opened the form for the words in memory"),
    "merge": gettext_noop("opened the page that merges two diaries"),
}
SENT: Final[Mapping[str, str]] = {
    "search": gettext_noop("searched the diary"),
    "flags": gettext_noop("changed how many flags there are"),
    "settings": gettext_noop("sent the settings"),
    "erase_record": gettext_noop("asked for the diary to be deleted"),
    "erase_keep": gettext_noop("kept the diary from being deleted"),
    "correction_checkin": gettext_noop("asked for a correction of an entry"),
    "correction_attack": gettext_noop("asked for a correction of an attack"),
    "correction_infusion": gettext_noop("asked for a correction of an infusion"),
    "correction_answer": gettext_noop("answered a request for a correction"),
    "exports": gettext_noop("asked for an export of the diary"),
    "takeout": gettext_noop("asked for the whole diary as a file"),
    "report_questions": gettext_noop("sent the questions for a visit"),
    "diary:checkin_new": gettext_noop("sent a check-in"),
    "diary:sick": gettext_noop("sent “I feel ill”"),
    "diary:measure": gettext_noop("sent measurements"),
    "diary:labs": gettext_noop("sent laboratory values"),
    "diary:symptoms": gettext_noop("sent an own symptom"),
    "diary:symptom": gettext_noop("changed an own symptom"),
    "diary:pin": gettext_noop("changed which symptoms come first"),
    "diary:profile": gettext_noop("sent the diagnosis and usual values"),
    "diary:import": gettext_noop("sent a file to bring in"),
    "diary:import_run": gettext_noop("answered about a file to bring in"),
    "diary:flag_recheck": gettext_noop("asked to be reminded of the next check-in"),
    "diary:flag_answer": gettext_noop("said what a flag was"),
    "diary:edit": gettext_noop("sent a change to an entry"),
    "diary:delete": gettext_noop("deleted an entry"),
    "diary:undo": gettext_noop("undid a change to an entry"),
    "diary:history": gettext_noop("restored an earlier version of an entry"),
    "diary:move": gettext_noop("moved an entry from one diary to another"),
    "diary:comment": gettext_noop("sent a comment"),
    "diary:help": gettext_noop("pressed “Tell my caregivers”"),
    "diary:comment_delete": gettext_noop("deleted a comment"),
    "attacks:start": gettext_noop("sent “attack starting”"),
    "attacks:new": gettext_noop("sent a past attack"),
    "attacks:edit": gettext_noop("sent a change to an attack"),
    "attacks:move": gettext_noop("moved an attack to its next phase"),
    "attacks:suggestion": gettext_noop("answered a suggested time of an attack"),
    "attacks:course": gettext_noop("sent the facts of an attack"),
    "attacks:trigger_new": gettext_noop("sent a trigger of an attack"),
    "attacks:stay_new": gettext_noop("sent a hospital stay"),
    "attacks:treatment_new": gettext_noop("sent a treatment"),
    "attacks:complication_new": gettext_noop("sent a complication"),
    "attacks:fact": gettext_noop("changed a fact of an attack"),
    "attacks:fact_delete": gettext_noop("deleted a fact of an attack"),
    "attacks:by_year": gettext_noop("sent an attack by year"),
    "attacks:past_new": gettext_noop("sent a number of attacks before the diary"),
    "attacks:past": gettext_noop("changed a number of attacks before the diary"),
    "attacks:past_delete": gettext_noop("deleted a number of attacks"),
    "prophylaxis:plan": gettext_noop("sent an IVIG plan"),
    "prophylaxis:plan_end": gettext_noop("ended the IVIG plan"),
    "prophylaxis:infusion_new": gettext_noop("sent an infusion"),
    "reminders:edit": gettext_noop("sent a change of the reminders"),
    "reminders:zone": gettext_noop("answered whether reminders move"),
    "reminders:hospital": gettext_noop("switched hospital mode, or answered about it"),
    "reminders:seen": gettext_noop("said: I have seen it, I am calling"),
    "prophylaxis:infusion_edit": gettext_noop("sent a change to an infusion"),
    "prophylaxis:infusion_finish": gettext_noop("finished an infusion"),
    "prophylaxis:infusion_delete": gettext_noop("deleted an infusion"),
    "prophylaxis:infusion_restore": gettext_noop("brought an infusion back"),
    "prophylaxis:arrange": gettext_noop("planned the next infusion"),
    "prophylaxis:skip": gettext_noop("noted an infusion that was not given"),
    "prophylaxis:withdraw": gettext_noop("took back what was noted of an infusion"),
    "prophylaxis:medicine_new": gettext_noop("sent a medicine"),
    "prophylaxis:medicine_edit": gettext_noop("sent a change to a medicine"),
    "prophylaxis:medicine_end": gettext_noop("ended a medicine"),
    "prophylaxis:lots": gettext_noop("searched for a lot"),
    "prophylaxis:lots_csv": gettext_noop(
        "asked for the result of a search for a lot as a file"
    ),
    "prophylaxis:recall_consent": gettext_noop(
        "changed whether staff can find the diary by a lot"
    ),
    "prophylaxis:calendar": gettext_noop("made or changed their calendar link"),
    "prophylaxis:calendar_end": gettext_noop("took their calendar link back"),
    "sharing:invite": gettext_noop("sent an invitation"),
    "sharing:revoke": gettext_noop("removed someone’s access"),
    "sharing:edit": gettext_noop("changed someone’s access"),
    "sharing:admit": gettext_noop("answered whether to let somebody in"),
    "sharing:preview": gettext_noop("looked at the diary as somebody else sees it"),
    "sharing:preview_end": gettext_noop("went back to their own view"),
    "sharing:hand_over": gettext_noop("offered the diary to the person whose it is"),
    "sharing:hand_over_end": gettext_noop("took the offer of the diary back"),
    "closing": gettext_noop("sent the form that closes the diary after a death"),
    "closing_end": gettext_noop("opened the closed diary again"),
    "memorial": gettext_noop("changed the words in memory"),
    "merge": gettext_noop("looked at merging two diaries, or merged them"),
}
# What is said of a file that left, by the route on which it was asked for.
TAKEN: Final[Mapping[str, str]] = {
    "exports": gettext_noop("exported the diary as a file"),
    "takeout": gettext_noop("took the whole diary out as a file"),
    "account_takeout": gettext_noop("took the account and the whole diary out"),
    "diary:download": gettext_noop("downloaded the entries"),
    "prophylaxis:lots_csv": gettext_noop("saved the result of a search for a lot"),
}
# What is not an address of one record, and leaves a line in it all the same.
BESIDE: Final[Mapping[str, str]] = {
    "staff_look": gettext_noop("gave a reason, and opened the diary as staff"),
    "move_to": gettext_noop("saw the name in a list of diaries to move an entry to"),
    "exports_many": gettext_noop("saw the name in a list of diaries to export"),
    "merge_choose": gettext_noop("saw the name in a list of diaries to merge"),
    "exports_job": gettext_noop("exported the diary, together with others"),
    "exports_file": gettext_noop("downloaded an export of several diaries"),
    "calendar": gettext_noop("read the infusions through their calendar link"),
    "recall": gettext_noop("searched for a lot as staff, and found it here"),
    "recall_csv": gettext_noop("saved the result of a search for a lot as staff"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One opening of the record."""

    at: datetime  # on the clock of the record
    who: str
    kind: str
    what: str
    device: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The same done again and again, with nothing else in between: the newest line,
    and the times of those before it, newest first."""

    newest: Line
    before: list[datetime]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines by day, newest first, and where the next older page starts."""

    days: list[tuple[date, list[Line]]]
    older: int | None  # show lines before this one next

    @property
    def runs(self) -> list[tuple[date, list[Run]]]:
        """All of the lines, those that say the same put together."""
        return [
            (day, [_run(list(alike)) for _what, alike in groupby(lines, key=_said)])
            for day, lines in self.days
        ]


def _said(line: Line) -> tuple[object, ...]:
    return line.who, line.kind, line.what, line.device, line.allowed


def _run(alike: list[Line]) -> Run:
    newest, *before = alike
    return Run(newest, [line.at for line in before])


def page(
    patient: Patient,
    before: int | None = None,
    wanted: Wanted = EVERYTHING,
    reader: int | None = None,
) -> LogPage:
    """The newest lines, or those before line `before`; a constant query count.

    `reader`: the key of who reads it, and is called "you".
    """
    shown = wanted.lines(patient).order_by("-at", "-pk")
    if before is not None:
        events = AccessEvent.objects.filter(patient_pk__in=record_numbers(patient))
        last = events.filter(pk=before).first()
        if last is None:
            return LogPage([], None)
        shown = shown.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    rows = list(shown[: LINES_A_PAGE + 1])
    people = User.objects.in_bulk({row.actor_pk for row in rows})
    lines = [_line(row, people, patient, reader) for row in rows[:LINES_A_PAGE]]
    days = groupby(lines, key=lambda line: line.at.date())
    return LogPage(
        days=[(day, list(of_day)) for day, of_day in days],
        older=rows[LINES_A_PAGE - 1].pk if len(rows) > LINES_A_PAGE else None,
    )


def last_looks(patient: Patient) -> dict[int, datetime]:
    """When each person last opened something of the record, by their user's key."""
    looks = AccessEvent.objects.filter(
        patient_pk__in=record_numbers(patient), allowed=True
    )
    by_person = looks.values_list("actor_pk").annotate(last=Max("at"))
    return dict(by_person.order_by())


def words(route: str, method: str) -> str:
    """What was done, in plain words that follow a name."""
    if method == AccessEvent.FILE:
        return _(TAKEN.get(route, gettext_noop("took something out as a file")))
    if route in BESIDE:
        return _(BESIDE[route])
    if method not in {"GET", "HEAD"} and route in SENT:
        return _(SENT[route])
    return _(OPENED.get(route, gettext_noop("opened a page of the diary")))


def _line(
    row: AccessEvent, people: Mapping[int, User], patient: Patient, reader: int | None
) -> Line:
    known = people.get(row.actor_pk)
    who = known.known_as if known else _("someone who has since left")
    kinds = dict(Grant.Kind.choices)
    return Line(
        at=row.at.astimezone(patient.tz),
        who=_("You") if row.actor_pk == reader else who,
        kind=str(kinds.get(row.grant_kind, "")),
        what=words(row.route, row.method),
        device=row.get_device_display(),
        allowed=row.allowed,
    )
