"""Production refuses to start with anything that a forgotten variable would leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

GOOD = {
    "CAPLEAK_MODE": "production",
    "SECRET_KEY": "an-example-that-is-long-enough-and-never-used-0123456789",
    "ALLOWED_HOSTS": "capleak.invalid",
    "BASE_URL": "https://capleak.invalid",
    "DATABASE_URL": "postgresql://capleak_web@db.invalid/capleak",
    "REDIS_URL": "redis://redis.invalid:6379/0",
    "EMAIL_HOST": "mail.invalid",
    "DEFAULT_FROM_EMAIL": "capleak@capleak.invalid",
}


def start_printing(names: list[str]) -> dict[str, object]:
    """What production has for some settings."""
    printed: dict[str, object] = json.loads(start(PRINTED=",".join(names)).stdout)
    return printed


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in (GOOD | changes).items() if v is not None}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import capleak.settings as s, json, os; "
                "names = os.environ.get('PRINTED', 'DEBUG').split(','); "
                "found = {name: getattr(s, name) for name in names}; "
                "print(json.dumps(found) if len(names) > 1 else found[names[0]])"
            ),
        ],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_all_of_it():
    assert start().stdout == "False\n"


def test_production_takes_passkeys_over_https_alone():
    assert settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN
    ended = start(PRINTED="MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN")
    assert ended.stdout == "False\n"


def test_production_keeps_its_cookies_and_its_answers_to_https():
    wanted = {
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    }
    assert start_printing([*wanted]) == wanted


def test_production_hashes_with_argon2_and_hands_tasks_on_as_json():
    names = [
        "PASSWORD_HASHERS",
        "CELERY_TASK_SERIALIZER",
        "CELERY_ACCEPT_CONTENT",
        "EMAIL_USE_TLS",
        "DEBUG",
    ]
    assert start_printing(names) == {
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "CELERY_TASK_SERIALIZER": "json",
        "CELERY_ACCEPT_CONTENT": ["json"],
        "EMAIL_USE_TLS": True,
        "DEBUG": False,
    }


def test_production_answers_strangers_on_the_beat():
    assert start(PRINTED="STEADY_SECONDS").stdout == "0.5\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "50 or more random characters"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS must be set"),
        ({"ALLOWED_HOSTS": "*"}, "this site's own host"),
        ({"BASE_URL": "http://capleak.invalid"}, "https://"),
        ({"DATABASE_URL": None}, "DATABASE_URL must be set"),
        ({"REDIS_URL": None}, "REDIS_URL must be set"),
        ({"EMAIL_HOST": None}, "EMAIL_HOST must be set"),
        ({"DEFAULT_FROM_EMAIL": "nobody"}, "must be an e-mail address"),
        ({"DEBUG": "1"}, "DEBUG shows health data"),
        ({"SECOND_FACTOR_REQUIRED": "0"}, "staff need a second factor"),
        ({"CAPLEAK_MODE": "staging"}, "CAPLEAK_MODE is"),
    ],
)
def test_production_refuses_to_start_without(changes, said):
    ended = start(**changes)
    assert ended.returncode != 0
    assert said in ended.stderr


def test_no_mode_means_production():
    assert "SECRET_KEY must be set" in start(CAPLEAK_MODE=None, SECRET_KEY=None).stderr
