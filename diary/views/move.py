"""An entry that was made in the wrong person's diary goes to the right one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from diary.history import Version
from diary.services import Conflict, move_checkin
from diary.shown import shown
from diary.views.entry import after_saving, versions_or_404
from diary.visible import hidden_of, is_hidden
from sharing.access import UserRequest, log_names, open_record
from sharing.models import Patient, Permission, User


class NamedChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of some records, by the names of their patients."""

    def label_from_instance(self, obj: Patient) -> str:
        return obj.name


# Names that are offered at once; who follows more finds theirs by name.
MOST: Final = 10
MOVE_TO: Final = "move_to"  # the other records' side, in their access logs


class MoveForm(forms.Form):
    """Whose entry it is; `sure` comes from the second page, which says both names.

    With many other records it offers only those whose name holds `words`.
    """

    to = NamedChoice(
        queryset=Patient.objects.none(),
        to_field_name="public_id",
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("Whose entry is it?"),
        error_messages={"required": gettext_lazy("Choose whose entry it is.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, others: QuerySet[Patient], last: Version, words: str = ""
    ) -> None:
        super().__init__(data, initial={"version": last.number})
        to = self.fields["to"]
        assert isinstance(to, NamedChoice)
        to.queryset = others
        self.words = words
        found = list(others[: MOST + 1])
        self.has_others = bool(found)
        self.is_long = len(found) > MOST
        self.is_cut = False
        if self.is_long:
            named = others.filter(name__icontains=words) if words else others.none()
            found = list(named[: MOST + 1])
            self.is_cut = len(found) > MOST
        self.offered = found[:MOST]
        # Only these are drawn; what is chosen is looked for among all of them.
        to.widget.choices = [(o.public_id, o.name) for o in self.offered]


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    """Ask whose entry it is, ask once more with both names, then move it."""
    record = open_record(request, patient, Permission.LOG)
    last = versions_or_404(record, checkin)[0]
    if last.is_gone:
        messages.info(request, _("This entry is no longer in this diary."))
        return redirect("diary:history", record.public_id, checkin)
    looks_for_name = "find" in request.POST
    form = MoveForm(
        None if looks_for_name else request.POST or None,
        others=others_of(request.user, record),
        last=last,
        words=request.POST.get("words", "").replace("\0", "").strip()[:80],
    )
    valid = form.is_valid()
    movable = not is_hidden(record, last.said)
    if valid and form.cleaned_data["sure"] and movable:
        return carry_over(request, record, form.cleaned_data, checkin)
    target = form.cleaned_data["to"] if valid else None
    if target or movable:
        named = [target] if target else form.offered
        log_names(request, named, Permission.LOG, route=MOVE_TO)
    (said,) = shown(record, [last.said])
    context = {
        "form": form,
        "last": last,
        "said": said,
        "sees_all": not hidden_of(record),
        "movable": movable,
        "target": target,
    }
    return render(request, "diary/move.html", context)


def others_of(user: User, record: Patient) -> QuerySet[Patient]:
    """The other records that the user may add entries to, by name.

    None in a preview: they are the user's, not those of the person who is looked as.
    """
    if record.preview_of:
        return Patient.objects.none()
    may_log = Q(is_own=True) | Q(granted__contains=[Permission.LOG])
    visible = Patient.objects.visible_to(user).filter(may_log)
    return visible.exclude(pk=record.pk).order_by("name", "pk")


def carry_over(
    request: UserRequest, record: Patient, data: dict[str, Any], client_id: UUID
) -> HttpResponse:
    """Open the other record too, so that its access log tells, and move the entry."""
    target = open_record(request, data["to"].public_id, Permission.LOG)
    try:
        moved = move_checkin(
            record,
            target,
            client_id,
            version=data["version"],
            by=request.user,
            hidden=hidden_of(record),
        )
    except Conflict:
        messages.warning(
            request, _("Somebody changed this entry meanwhile. Look again first.")
        )
        return redirect("diary:history", record.public_id, client_id)
    messages.success(
        request,
        _("Moved: the entry now stands in the diary of %(name)s.")
        % {"name": target.name},
    )
    return after_saving(target, moved)
