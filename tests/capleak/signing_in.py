"""Signing in as a person does, and the codes that an authenticator app shows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

from django.test import Client

from sharing.models import User

PASSWORD = "a long enough secret 7"


def app_code(secret: str, at: float | None = None) -> str:
    """What an app shows at `at` (now unless given): RFC 6238, 6 digits, 30 seconds."""
    step = int(time.time() if at is None else at) // 30
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(user: User, **headers: Any) -> tuple[Client, Any]:
    """A new browser in which the password was given, and the answer to it."""
    browser = Client(headers=headers)
    answer = browser.post(
        "/accounts/login/", {"login": user.email, "password": PASSWORD}
    )
    return browser, answer
