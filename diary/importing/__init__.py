"""Reading files of measurements: pure, from bytes to entries and reasons.

`text` turns bytes into lines of cells, `columns` finds out whose layout it is and what
is left to be asked, `foreign` and `own` read the lines. Nothing here knows Django, the
database or the clock.
"""

from diary.importing import foreign, own
from diary.importing.columns import (
    FIELDS,
    GENERIC,
    LAYOUTS,
    MEASURED,
    ORDERS,
    OWN,
    Open,
    Plan,
    Table,
    guess,
    known_order,
    layout_of,
    left_open,
    table,
    unread,
)
from diary.importing.entries import Entry, Read, Refused, Setting
from diary.importing.refusal import Refusal
from diary.importing.text import MOST_BYTES, MOST_LINES, decode, lines
from diary.importing.unusual import Marked, confirmed, unusual

__all__ = [
    "FIELDS",
    "GENERIC",
    "LAYOUTS",
    "MEASURED",
    "MOST_BYTES",
    "MOST_LINES",
    "ORDERS",
    "OWN",
    "Entry",
    "Marked",
    "Open",
    "Plan",
    "Read",
    "Refusal",
    "Refused",
    "Setting",
    "Table",
    "confirmed",
    "decode",
    "guess",
    "known_order",
    "layout_of",
    "left_open",
    "lines",
    "read",
    "table",
    "unread",
    "unusual",
]


def read(found: Table, plan: Plan, setting: Setting) -> Read:
    """Every line of the file as an entry or as refused, given how to read it."""
    if plan.layout == OWN:
        return own.read(found, setting)
    return foreign.read(found, plan, setting)
