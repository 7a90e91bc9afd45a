"""The ways out of the house: one class per channel, in one registry."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy

from notifications import addresses
from notifications.links import ends_at, link
from notifications.models import Heartbeat
from notifications.outcome import Outcome, Result

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from notifications.models import Delivery

log = logging.getLogger(__name__)

SENT: Final = Outcome(Result.SENT)
PROBE_SECONDS: Final = 5


class Channel(Protocol):
    """One way to reach people."""

    label: StrPromise  # what people call it

    def endpoints(self, users: Collection[int]) -> Mapping[int, Sequence[str]]:
        """Where each of these users can be reached; nothing for those who cannot."""

    def send(self, delivery: Delivery) -> Outcome:
        """Send one claimed delivery; every attempt carries the same Message-ID."""

    def is_open(self) -> bool:
        """Whether the way out answers at this moment; nothing is sent."""


class Email:
    """Plain text to the address that a user confirmed and chose for mail.

    A mailbox can be read by others on a locked screen: subject and text say that
    there is a reminder and for when, and nothing about an illness.
    """

    label = gettext_lazy("E-mail")

    def endpoints(self, users: Collection[int]) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        addresses = EmailAddress.objects.filter(
            user__in=users, user__is_active=True, verified=True, primary=True
        )
        for user, address in addresses.values_list("user", "email"):
            found[user].append(address)
        return found

    def send(self, delivery: Delivery) -> Outcome:
        if held_back := addresses.held_back(delivery):
            return held_back
        try:
            self.message(delivery).send()
        except SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            forever = bool(codes) and min(codes) >= 500
            problem = f"SMTPRecipientsRefused {min(codes, default='')}"
            return Outcome(Result.REFUSED if forever else Result.RETRY, problem)
        except SMTPResponseException as error:
            problem = f"{type(error).__name__} {error.smtp_code}"
            return Outcome(Result.RETRY, problem)
        except (SMTPException, OSError) as error:
            return Outcome(Result.RETRY, type(error).__name__)
        return SENT

    def message(self, delivery: Delivery) -> EmailMessage:
        occurrence = delivery.occurrence
        about = {
            "about_at": occurrence.about_at.astimezone(ZoneInfo(occurrence.zone)),
            "zone": occurrence.zone,
            "home": urljoin(settings.BASE_URL, reverse("home")),
            "link": link(delivery),
            "link_ends_at": ends_at(occurrence).astimezone(ZoneInfo(occurrence.zone)),
        }
        text = "reminder" if occurrence.audience == "patient" else "notice"
        subject = render_to_string(f"notifications/{text}_subject.txt", about)
        message = EmailMessage(
            subject=" ".join(subject.split()),
            body=render_to_string(f"notifications/{text}.txt", about),
            to=[delivery.endpoint],
            headers={
                "Message-ID": delivery.message_id,
                "Auto-Submitted": "auto-generated",
            },
        )
        if addresses.may_be_declined(occurrence):
            offer_to_stop(message, addresses.token_of(delivery))
        return message

    def is_open(self) -> bool:
        try:
            with get_connection(timeout=PROBE_SECONDS):
                return True
        except (SMTPException, OSError):
            return False


def offer_to_stop(message: EmailMessage, token: str) -> None:
    """Let mail programs, and the text, offer to turn such messages off (RFC 8058).

    The programs send a POST to the address; those that look at links before their
    reader does send a GET, which changes nothing.
    """
    url = urljoin(settings.BASE_URL, reverse("mail:unsubscribe", args=[token]))
    message.body += render_to_string("notifications/stop.txt", {"stop": url})
    message.extra_headers |= {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


CHANNELS: Final[Mapping[str, Channel]] = {"email": Email()}


def look_for_life() -> None:
    """Leave a sign of life of each channel that answers."""
    for name, channel in CHANNELS.items():
        if channel.is_open():
            Heartbeat.objects.beat(name)


def send(delivery: Delivery) -> Outcome:
    """Send by the delivery's channel; whatever goes wrong is an outcome."""
    try:
        outcome = CHANNELS[delivery.channel].send(delivery)
    except Exception as error:
        # The row must be settled whatever a channel does, or only its lease would.
        log.exception("channel failed", extra={"delivery": delivery.pk})
        outcome = Outcome(Result.RETRY, type(error).__name__)
    if outcome.problem:
        log.warning(
            "delivery not sent",
            extra={
                "delivery": delivery.pk,
                "attempt": delivery.attempts,
                "result": outcome.result,
                "problem": outcome.problem,
            },
        )
    return outcome
