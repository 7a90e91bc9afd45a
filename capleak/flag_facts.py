"""What the rule for flags wants to know of attacks and infusions: `diary` may not ask.

Named in `settings.FLAG_FACTS`; see `diary.flag_entries.Facts` for why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attacks.models import BOUNDARIES, Attack
from diary.flag_entries import Facts
from prophylaxis.models import Infusion
from sharing.models import Patient

A_YEAR: Final = timedelta(days=365)
# So long after an infusion somebody is on IVIG: the longest interval of a plan is 42
# days (domain sheet, section 12). A plan alone, without infusions, counts for nothing.
ON_IVIG: Final = timedelta(days=42)
COUNTED: Final = (Attack.Outcome.ATTACK, Attack.Outcome.SELF_LIMITED)


def facts_of(patient: Patient, since: datetime, now: datetime) -> Facts:
    """The facts as of `now`; two queries.

    An attack occupies the time from its first to its last known boundary. Early signs
    that came to nothing, and false alarms, are a part of what is usual.
    """
    attacks = Attack.objects.filter(patient=patient).values_list(
        "outcome", "ongoing", *BOUNDARIES
    )
    spans = [
        (min(known), now if ongoing else max(known))
        for outcome, ongoing, *boundaries in attacks
        for known in [[at for at in boundaries if at]]
        if outcome in COUNTED
    ]
    infusions = Infusion.objects.filter(
        patient=patient, started_at__range=(since, now)
    ).order_by()
    starts = tuple(infusions.values_list("started_at", flat=True))
    return Facts(
        attacks=tuple(span for span in spans if span[1] >= since),
        infusions=starts,
        attacks_last_year=sum(now - A_YEAR <= first <= now for first, _ in spans),
        on_ivig=any(now - at <= ON_IVIG for at in starts),
        attack_open=any(row[1] and row[0] in COUNTED for row in attacks),
    )
