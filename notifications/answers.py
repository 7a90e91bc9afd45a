"""Answers to messages: done, later, not this time; and "I have seen it, I am calling".

Called inside `Patient.objects.writing(patient)`.
"""

from __future__ import annotations

from datetime import datetime

from notifications.models import Answer, Occurrence
from notifications.planning import plan_again, put_off, withdraw
from sharing.models import User

What = Answer.What


def may_answer(occurrence: Occurrence) -> frozenset[Answer.What]:
    """What can be said to this occurrence: a notice to the circle is only seen."""
    if occurrence.audience == Occurrence.Audience.CIRCLE:
        return frozenset({What.SEEN})
    return frozenset({What.DONE, What.SNOOZED, What.SKIPPED})


def answer(
    occurrence: Occurrence,
    user: User,
    what: Answer.What,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Answer:
    """Keep what `user` said, once, and stop what is said no more after it.

    Done or skipped stops every further step about that moment, to whomever. Snoozed
    stops those to the same people until then, and says the same again at `until`:
    somebody who puts it off must not put off what others are to be told. Seen stops
    nothing: who is called may need the next step. ValueError for an answer that is not
    offered.
    """
    if what not in may_answer(occurrence):
        raise ValueError("not an answer to this")
    if (until is not None) != (what == What.SNOOZED):
        raise ValueError("a snooze, and only a snooze, ends")
    given, is_new = Answer.objects.get_or_create(
        occurrence=occurrence,
        user=user,
        what=what,
        defaults={"at": now, "until": until},
    )
    if is_new and what != What.SEEN:
        steps = Occurrence.objects.filter(
            patient=occurrence.patient_id,
            subject=occurrence.subject,
            about_at=occurrence.about_at,
        )
        if until is None:
            withdraw(steps)
        else:
            mine = steps.filter(audience=occurrence.audience)
            withdraw(mine.filter(due_at__lt=until))
            plan_again(occurrence, put_off(occurrence, until))
    return given
