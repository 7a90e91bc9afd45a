"""What happens to a check-in after it was saved: corrected, deleted, brought back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from diary import history as past
from diary.drafts import CheckInDraft, differences
from diary.forms.correcting import CHECKIN, KINDS, EntryForm, correcting, kind_of
from diary.history import Version
from diary.models import CheckIn
from diary.saved import SESSION_KEY
from diary.services import (
    AlreadySaved,
    Conflict,
    delete_checkin,
    edit_checkin,
    record_checkin,
    red_flags_in,
    restore_checkin,
)
from diary.shown import shown
from diary.templatetags.undo import tell_with_undo
from diary.undo import CannotUndo, can_undo
from diary.undo import undo as take_back
from diary.visible import hidden_of, is_hidden, visible
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission
from sharing.zones import local_day

DELETED_A_PAGE: Final = 20
RECENT: Final = timedelta(days=2)  # is on the first page of the timeline
AGAIN, AS_NEW = "again", "new"  # what a person answers to a conflict


class Seen(forms.Form):
    """After which change of the check-in a page was made, and what is wanted of it.

    A page that does not say is taken for an old one: it is asked, and never obeyed.
    """

    version = forms.IntegerField(required=False)
    number = forms.IntegerField(required=False)
    new_id = forms.UUIDField(required=False)
    choice = forms.CharField(required=False)
    form = forms.ChoiceField(required=False, choices=[(k, k) for k in KINDS])

    @classmethod
    def by(cls, request: UserRequest) -> dict[str, Any]:
        form = cls(request.POST)
        form.is_valid()
        return {name: form.cleaned_data.get(name) for name in form.fields}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    """Correct a check-in. Whoever was overtaken sees both texts and chooses."""
    record = open_record(request, patient, Permission.LOG)
    last = versions_or_404(record, checkin)[0]
    seen = Seen.by(request)
    # A page that does not say with which form it was made has the check-in's.
    kind = (seen["form"] or CHECKIN) if request.method == "POST" else kind_of(last.said)
    if request.GET.get("form") == CHECKIN:
        kind = CHECKIN
    form = correcting(
        request.POST or None, patient=record, editing=last.said, kind=kind
    )
    if request.method != "POST":
        if last.is_gone:
            messages.info(request, _("This entry was deleted. You can restore it."))
            return redirect("diary:history", record.public_id, checkin)
        return edit_page(request, form, last, kind)
    if seen["choice"] == AGAIN or not form.is_valid():
        return edit_page(request, form, last, kind)
    draft = form.to_draft()
    if seen["choice"] == AS_NEW:
        return save_as_new(request, record, draft, seen["new_id"] or uuid4())
    try:
        stored = edit_checkin(
            record, draft, version=seen["version"] or 0, by=request.user
        )
    except Conflict:
        return conflict_page(request, record, draft)
    return after_change(request, record, stored, _("Changed."))


def edit_page(
    request: UserRequest, form: EntryForm, last: Version, kind: str
) -> HttpResponse:
    context = {"form": form, "last": last, "kind": kind}
    return render(request, "diary/edit.html", context)


def save_as_new(
    request: UserRequest, record: Patient, draft: CheckInDraft, client_id: UUID
) -> HttpResponse:
    """Store what was typed about a check-in that somebody deleted meanwhile."""
    draft = replace(draft, client_id=client_id)
    try:
        stored = record_checkin(record, draft, by=request.user).checkin
    except AlreadySaved as earlier:  # and changed since; it is there, that is enough
        stored = earlier.checkin
    return after_change(request, record, stored, _("Saved as a new entry."))


def conflict_page(
    request: UserRequest, record: Patient, mine: CheckInDraft
) -> HttpResponse:
    """Both texts, and every field as it was sent, for whichever answer."""
    last = versions_or_404(record, mine.client_id)[0]
    theirs, yours = shown(record, [last.said, mine])
    context = {
        "last": last,
        "theirs": theirs,
        "yours": yours,
        "differ": parts_that_differ(record, last.said, mine),
        "fields": fields_sent(request.POST),
        "new_id": uuid4(),
        "red_flags": red_flags_in(mine, record, timezone.now()),
    }
    return render(request, "diary/conflict.html", context, status=409)


def fields_sent(data: QueryDict) -> list[tuple[str, str]]:
    """Everything that a form sent but what the next page says itself."""
    own = {"csrfmiddlewaretoken", *Seen.base_fields} - {"form"}
    return [(k, v) for k, values in data.lists() if k not in own for v in values]


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    """Show once more what goes, and let it go; the history keeps it."""
    record = open_record(request, patient, Permission.LOG)
    last = versions_or_404(record, checkin)[0]
    changed = False
    if request.method == "POST":
        version = Seen.by(request)["version"] or 0
        try:
            delete_checkin(record, checkin, version=version, by=request.user)
        except Conflict:
            changed = True
        else:
            return after_deletion(request, record, checkin)
    if last.is_gone:
        messages.info(request, _("This entry is deleted."))
        return redirect("diary:history", record.public_id, checkin)
    (said,) = shown(record, [last.said])
    context = {"last": last, "said": said, "changed": changed}
    return render(request, "diary/delete.html", context, status=409 if changed else 200)


@require_POST
def undo(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    """Take back the last change, if it is the one that the page was about."""
    record = open_record(request, patient, Permission.LOG)
    version = Seen.by(request)["version"] or 0
    now = timezone.now()
    try:
        left = take_back(
            record,
            checkin,
            version=version,
            by=request.user,
            now=now,
            hidden=hidden_of(record),
        )
    except CheckIn.DoesNotExist:
        raise Http404 from None
    except CannotUndo:
        messages.warning(
            request,
            _(
                "This can no longer be undone in one step. Nothing is lost: below is "
                "everything that this entry said, and each version can be restored."
            ),
        )
        return redirect("diary:history", record.public_id, checkin)
    request.session.pop(SESSION_KEY, None)
    if left is None:
        messages.success(request, _("Undone: the entry is deleted."))
        return redirect("timeline", record.public_id)
    messages.success(request, _("Undone: the entry says again what it said before."))
    return after_saving(record, left)


@require_http_methods(["GET", "HEAD", "POST"])
def history(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    """What an entry said, when, and who changed it. A POST restores a version.

    What was deleted is shown only to those who may bring it back, and an entry of which
    no version says anything that its reader may see is not there.
    """
    need = Permission.LOG if request.method == "POST" else Permission.VIEW
    record = open_record(request, patient, need)
    versions = versions_or_404(record, checkin)
    if versions[0].is_gone and Permission.LOG not in record.permissions:
        raise Http404
    if all(is_hidden(record, version.said) for version in versions):
        raise Http404
    if request.method == "POST":
        return restore(request, record, checkin)
    older = [*versions[1:], None]
    said = shown(record, [v.said for v in versions])
    changes = [
        parts_that_differ(record, before.said, v.said) if before else []
        for v, before in zip(versions, older, strict=True)
    ]
    context = {
        "last": versions[0],
        "rows": list(zip(versions, said, changes, strict=True)),
        "can_undo": can_undo(versions[0], timezone.now()),
    }
    return render(request, "diary/history.html", context)


def restore(request: UserRequest, record: Patient, client_id: UUID) -> HttpResponse:
    seen = Seen.by(request)
    try:
        stored = restore_checkin(
            record,
            client_id,
            seen["number"] or 0,
            version=seen["version"] or 0,
            by=request.user,
            hidden=hidden_of(record),
        )
    except CheckIn.DoesNotExist:
        raise Http404 from None
    except Conflict:
        messages.warning(
            request,
            _("Somebody changed this entry meanwhile. Look again before you restore."),
        )
        return redirect("diary:history", record.public_id, client_id)
    return after_change(request, record, stored, _("Restored."))


@require_safe
def deleted(request: UserRequest, patient: UUID) -> HttpResponse:
    """What was deleted or moved away, for those who may bring it back."""
    record = open_record(request, patient, Permission.LOG)
    client_ids: Sequence[UUID] | QuerySet[Any] = past.gone(record)
    if hidden_of(record):  # else the number of pages would tell of what is not shown
        client_ids = [v.said.client_id for v in last_versions(record, client_ids)]
    page = Paginator(client_ids, DELETED_A_PAGE).get_page(request.GET.get("page"))
    versions = last_versions(record, page.object_list)
    said = shown(record, [v.said for v in versions])
    context = {"page": page, "rows": list(zip(versions, said, strict=True))}
    return render(request, "diary/deleted.html", context)


# --- What these pages have in common -------------------------------------------------


def versions_or_404(record: Patient, client_id: UUID) -> list[Version]:
    versions = past.versions(record, client_id)
    if not versions:
        raise Http404
    return versions


def last_versions(record: Patient, client_ids: Iterable[UUID]) -> list[Version]:
    """What was deleted said last, as far as its reader may know of it."""
    wanted = list(client_ids)
    found = past.versions_of(record, wanted)
    newest = (found[client_id][0] for client_id in wanted)
    # Unless it came back just now.
    return [v for v in newest if v.is_gone and not is_hidden(record, v.said)]


def parts_that_differ(
    record: Patient, before: CheckInDraft, after: CheckInDraft
) -> list[str]:
    """The parts that do not say the same, in words, as far as they are seen."""
    words = {
        "moment": _("time"),
        "symptoms": _("symptoms"),
        "readings": _("measurements"),
        "tags": _("what else went on"),
        "note": _("note"),
    }
    parts = differences(visible(record, before), visible(record, after))
    if (before.at, before.zone) != (after.at, after.zone):
        parts.insert(0, "moment")
    return [words[part] for part in parts]


def after_change(
    request: UserRequest, record: Patient, checkin: CheckIn, words: str
) -> HttpResponse:
    """Say what was done, with the way back; help first, if it is a matter of help."""
    request.session.pop(SESSION_KEY, None)  # one way back at a time
    tell_with_undo(request, words, record, checkin.client_id, checkin.version)
    return after_saving(record, checkin)


def after_saving(record: Patient, checkin: CheckIn) -> HttpResponse:
    if red_flags_in(past.draft_of(checkin), record, timezone.now()):
        return redirect("diary:help", record.public_id)
    return to_day(record, checkin.day)


def after_deletion(
    request: UserRequest, record: Patient, client_id: UUID
) -> HttpResponse:
    request.session.pop(SESSION_KEY, None)
    last = versions_or_404(record, client_id)[0]
    tell_with_undo(request, _("Deleted."), record, client_id, last.changes)
    return to_day(record, local_day(last.said.at, last.said.zone))


def to_day(record: Patient, day: date) -> HttpResponse:
    """The timeline, where a day of some time ago can be seen at once."""
    url = reverse("timeline", args=[record.public_id])
    today = timezone.now().astimezone(record.tz).date()
    return redirect(url if today - day <= RECENT else f"{url}?on={day}")
