"""Which two records are one person's, and what only a person can decide of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.models import Attack
from capleak.merging.attacks import times
from capleak.merging.prophylaxis import plan_words
from capleak.merging.questions import Questions
from capleak.merging.shared import BOTH, MINE, THEIRS, Pair
from diary.views.move import NamedChoice
from prophylaxis.models import Infusion, Plan
from sharing.models import Grant, Patient

KEPT = "keeps_"  # begins the name of a tick: this person may see both


class OtherForm(forms.Form):
    """The record that goes into the one that is open."""

    other = NamedChoice(
        queryset=Patient.objects.none(),
        to_field_name="public_id",
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("Which diary is of the same person?"),
        error_messages={"required": gettext_lazy("Choose the other diary.")},
    )

    def __init__(self, data: Any, *, others: QuerySet[Patient]) -> None:
        super().__init__(data)
        other = self.fields["other"]
        assert isinstance(other, NamedChoice)
        # A list that was cut to its first rows cannot be searched any more.
        found = Patient.objects.filter(pk__in=[o.pk for o in others])
        other.queryset = found.order_by("name", "pk")


class MergeForm(forms.Form):
    """One question for each pair of rows that cannot both stand, and one per person.

    Nothing is chosen before: neither diary is the better one.
    """

    other = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, asked: Questions, other: Patient, seen: str
    ) -> None:
        super().__init__(data, initial={"other": other.public_id, "seen": seen})
        self.asked = asked
        pairs = [*asked.attacks, *asked.counts, *asked.infusions]
        for pair in [*pairs, *([asked.plans] if asked.plans else [])]:
            self.fields[pair.key] = _question(pair)
        for grant in asked.circle.one:
            self.fields[f"{KEPT}{grant.pk}"] = _tick(
                grant, must_stay=grant.pk in asked.circle.running
            )
        self.fields["sure"] = forms.BooleanField(
            label=_("Both diaries are of one person. Merge them for good"),
            error_messages={"required": _("Tick this to merge the two diaries.")},
        )

    def decisions(self) -> Iterator[forms.BoundField]:
        """The questions about rows of both."""
        asked = self.asked
        for pair in [*asked.attacks, *asked.counts, *asked.infusions]:
            yield self[pair.key]
        if asked.plans:
            yield self[asked.plans.key]

    def people(self) -> Iterator[forms.BoundField]:
        """A tick for each person who sees only one of the two."""
        for grant in self.asked.circle.one:
            yield self[f"{KEPT}{grant.pk}"]

    def answers(self) -> dict[str, str]:
        """What was decided, by the key of each pair."""
        return {bound.name: self.cleaned_data[bound.name] for bound in self.decisions()}

    def kept_grants(self) -> frozenset[int]:
        """The grants of those who may see both from now on."""
        one = self.asked.circle.one
        ticked = (g.pk for g in one if self.cleaned_data[f"{KEPT}{g.pk}"])
        return frozenset(ticked)


def _tick(grant: Grant, *, must_stay: bool) -> forms.BooleanField:
    """Whether somebody who sees one of the two may see both."""
    words = _("%(who)s may see all of both")
    if must_stay:
        words = _("%(who)s goes on running it, and may see all of both")
    return forms.BooleanField(
        label=words % {"who": grant.user},
        required=must_stay,
        error_messages={
            "required": _(
                "They run one of the two, and must not lose it by this. Tick it, or "
                "ask them to leave first, or to hand the diary over."
            )
        },
    )


def _question(pair: Pair) -> forms.ChoiceField:
    label, help_text = _words(pair)
    choices = [
        (MINE, _("This diary: %(said)s") % {"said": said(pair.mine)}),
        (THEIRS, _("The other one: %(said)s") % {"said": said(pair.theirs)}),
    ]
    if isinstance(pair.mine, Infusion):
        choices.append((BOTH, _("These are two infusions: keep both")))
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of them.")},
    )


def _words(pair: Pair) -> tuple[str, str]:
    """What is asked about two rows, and what becomes of the one not chosen."""
    kept = _("What is not chosen is noted on the page about who runs the diary.")
    match pair.mine._meta.model_name:
        case "attack":
            words = _("They become one attack with the facts and notes of both.")
            return _("The same attack stands in both. Which times are right?"), words
        case "infusion":
            return _("Is this the same infusion? Which entry stays?"), kept
        case "plan":
            return _("Which IVIG plan goes on?"), kept
        case _:
            return _("Which number of attacks before the diary is right?"), kept


def said(row: Any) -> str:
    """A row in a few words."""
    match row:
        case Infusion():
            at = row.started_at.astimezone(ZoneInfo(row.zone))
            return f"{date_format(at, 'j F Y, H:i')}, {row.product}"
        case Plan():
            return plan_words(row)
        case Attack():
            return "; ".join(times(row).splitlines())
    first, last = (date_format(day, "j F Y") for day in (row.from_on, row.until_on))
    return _("%(count)s from %(first)s to %(last)s") % {
        "count": row.count,
        "first": first,
        "last": last,
    }
