"""Recovery codes: shown once, kept as hashes, good for once each."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth
from allauth.mfa.utils import decrypt, encrypt

from tests.capleak.signing_in import with_password
from tests.conftest import give_factor

pytestmark = pytest.mark.slow

CODES = "/accounts/security/recovery-codes/"


@pytest.fixture
def shown(sign_in, alice):
    """The codes of Alice's account, as she saw them."""
    give_factor(with_password(alice))
    browser = sign_in(alice)
    browser.post(f"{CODES}generate/")
    codes: list[str] = browser.get(CODES).context["unused_codes"]
    return codes


def kept() -> Authenticator:
    found: Authenticator = Authenticator.objects.get(type="recovery_codes")
    return found


def test_what_is_kept_are_hashes_with_a_salt_and_nothing_to_make_codes_from(shown):
    data = kept().data
    assert sorted(data) == ["hashes", "salt", "viewed_at"]
    hashes = json.loads(decrypt(data["hashes"]))
    assert len(hashes) == len(shown) == 10
    assert all(hashed.startswith("md5$") for hashed in hashes)  # Argon2, when deployed
    assert [code for code in shown if code in json.dumps(data)] == []


def test_each_code_is_good_once_spaces_and_dashes_do_not_matter(shown):
    assert kept().wrap().validate_code(f"{shown[2][:4]}-{shown[2][4:]} ")
    assert not kept().wrap().validate_code(shown[2])
    assert kept().wrap().validate_code(shown[3])
    assert len(kept().wrap().get_unused_codes()) == 8


@pytest.mark.parametrize("code", ["", "0", "00000000", "x" * 5000, "١٢٣٤٥٦٧٨"])
def test_anything_else_is_no_code(shown, code):
    assert not kept().wrap().validate_code(code)
    assert len(kept().wrap().get_unused_codes()) == 10


def test_a_try_costs_one_hash(shown, monkeypatch):
    made = []
    monkeypatch.setattr(
        "capleak.recovery_codes.make_password",
        lambda code, salt: made.append(code) or "md5$none",
    )
    kept().wrap().validate_code("12345678")
    assert made == ["12345678"]


def test_seen_again_there_are_no_codes(shown, sign_in, alice):
    page = sign_in(alice).get(CODES)
    assert page.context["unused_codes"] == ["****"] * 10


def test_codes_of_before_they_were_hashed_work_and_are_hashed_then(alice):
    row = Authenticator.objects.create(
        user=alice,
        type="recovery_codes",
        data={"seed": encrypt("a" * 80), "used_mask": 1, "viewed_at": 1.0},
    )
    of_before = auth.RecoveryCodes.__base__(row).generate_codes()
    assert not row.wrap().validate_code(of_before[0])  # used before
    assert kept().wrap().validate_code(of_before[1])
    assert sorted(kept().data) == ["hashes", "salt", "viewed_at"]
    assert len(kept().wrap().get_unused_codes()) == 8
