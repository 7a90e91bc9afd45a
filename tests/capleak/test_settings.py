"""Production refuses to start with anything that a forgotten variable would leave."""

from __future__ import annotations

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


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in (GOOD | changes).items() if v is not None}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import capleak.settings as s, os; "
                "print(getattr(s, os.environ.get('PRINTED', 'DEBUG')))"
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
