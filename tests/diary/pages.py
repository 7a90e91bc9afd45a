"""An entry to start from, and its pages as a browser without JavaScript has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from uuid import UUID

from django.test import Client

from diary.drafts import CheckInDraft, Reading
from sharing.models import Patient

ONE = UUID("11111111-1111-4111-8111-111111111111")
FIRST = CheckInDraft(
    client_id=ONE,
    at=datetime(2026, 3, 14, 5, 30, 17, tzinfo=UTC),
    zone="Europe/Berlin",
    symptoms={"fatigue": 2},
    note="canary-first",
    readings=(Reading("weight", Decimal("61.7"), Decimal("61.7"), "kg"),),
)


def url(patient: Patient, page: str = "edit", client_id: UUID = ONE) -> str:
    return f"/patients/{patient.public_id}/checkins/{client_id}/{page}/"


class Fields(HTMLParser):
    """What the form with this action would send, as a browser without JavaScript."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.area, self.select = action, False, "", ""
        self.sent: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = at.get("action") == self.action
        if not self.inside:
            return
        if tag == "textarea":
            self.area = at["name"]
            self.sent[self.area] = [""]
        elif tag == "select":
            self.select = at["name"]
        elif tag == "option" and "selected" in at:
            self.sent[self.select] = [at["value"]]
        elif tag == "input" and "name" in at:
            chosen = at.get("type") not in {"radio", "checkbox"} or "checked" in at
            if chosen and at["name"] != "csrfmiddlewaretoken":
                self.sent.setdefault(at["name"], []).append(at.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.sent[self.area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.area = ""


def filled_in(client: Client, patient: Patient) -> dict[str, list[str]]:
    """The edit page as it comes, ready to be sent back."""
    return fields_of(client.get(url(patient)).content.decode(), url(patient))


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    parser = Fields(action)
    parser.feed(page)
    return parser.sent
