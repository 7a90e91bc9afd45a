"""Comments on a day of a record, by anyone who may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid5

from django.db.models import QuerySet

from diary.models import Comment
from sharing.models import Patient, User

COMMENT_LENGTH = 2000


def add_comment(
    patient: Patient, *, client_id: UUID, day: date, text: str, by: User
) -> Comment:
    """Store a comment once, with the author's name as it is now.

    A form sent twice returns the stored comment. One that was sent, changed and sent
    again is a comment of its own, and once again the same one when that comes twice.
    """
    with Patient.objects.writing(patient):
        stored = patient.comments.filter(client_id=client_id).first()
        if stored is not None and not _same(stored, day, text, by):
            client_id = uuid5(client_id, f"{by.pk} {day} {text}")
        comment, _is_new = patient.comments.get_or_create(
            client_id=client_id,
            defaults={
                "day": day,
                "text": text,
                "author": by,
                "author_name": str(by)[:80],
            },
        )
        return comment


def _same(stored: Comment, day: date, text: str, by: User) -> bool:
    return (stored.day, stored.text, stored.author_id) == (day, text, by.pk)


def delete_comment(patient: Patient, comment: Comment) -> None:
    """Remove a comment for good. Deleting twice is once."""
    with Patient.objects.writing(patient):
        patient.comments.filter(pk=comment.pk).delete()


def comments_on(
    comments: QuerySet[Comment], days: Collection[date]
) -> dict[date, list[Comment]]:
    """Those of the comments that stand on one of the days, each day's oldest first."""
    found: dict[date, list[Comment]] = defaultdict(list)
    written = comments.filter(day__in=days).select_related("author")
    for comment in written.order_by("pk"):
        found[comment.day].append(comment)
    return found
