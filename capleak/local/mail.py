"""The mail page of local mode: what would have been sent, from the mail folder.

It exists only while CAPLEAK_MODE is local, because it shows everybody's mail.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

NEWEST = 30
SEPARATOR = b"-" * 79  # what Django's filebased backend writes after each message


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it lies in the folder."""

    to: str
    subject: str
    date: str
    body: str


@login_not_required
@require_safe
def mail_page(request: HttpRequest) -> HttpResponse:
    """The newest mails first."""
    return render(request, "capleak/local_mail.html", {"mails": newest_mails()})


def newest_mails() -> list[Mail]:
    """The newest messages of the mail folder, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda f: f.stat().st_mtime, reverse=True)
    mails = [mail for file in files[:NEWEST] for mail in reversed(read(file))]
    return mails[:NEWEST]


def read(file: Path) -> list[Mail]:
    """The messages of one file, oldest first."""
    return [
        parse(part.strip(b"\n"))
        for part in file.read_bytes().split(SEPARATOR + b"\n")
        if part.strip()
    ]


def parse(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        body=body.get_content() if body else "",
    )
