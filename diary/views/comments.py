"""Comments on a day: whoever may see the record may say something."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from diary.comments import add_comment, delete_comment
from diary.forms.comment import CommentForm
from diary.models import Comment
from diary.views.entry import to_day
from sharing.access import UserRequest, open_record
from sharing.models import Permission


@require_POST
def comment(request: UserRequest, patient: UUID) -> HttpResponse:
    """Add a comment to a day."""
    record = open_record(request, patient, Permission.VIEW)
    form = CommentForm(request.POST, patient=record)
    if not form.is_valid():
        return render(request, "diary/comment.html", {"form": form})
    stored = add_comment(record, by=request.user, **form.cleaned_data)
    messages.success(request, _("Your comment is saved."))
    return to_day(record, stored.day)


@require_POST
def comment_delete(request: UserRequest, patient: UUID, comment: UUID) -> HttpResponse:
    """Remove a comment: its author may, and whoever manages the record."""
    own = Comment.objects.filter(public_id=comment, author=request.user).exists()
    need = Permission.VIEW if own else Permission.MANAGE
    record = open_record(request, patient, need)
    found = get_object_or_404(record.comments, public_id=comment)
    delete_comment(record, found)
    messages.success(request, _("The comment is deleted."))
    return to_day(record, found.day)
