"""A new SECRET_KEY: what the old one signed and encrypted is read while it is named."""

from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken
from django.conf import settings as configured
from django.core import signing

from capleak.adapter import SecondFactorAdapter

NEW = "another-key-that-is-long-enough-and-only-of-this-test-0123456789"


@pytest.fixture
def old() -> str:
    return SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")


def test_with_the_old_key_beside_it_everything_goes_on(old, settings, sign_in, patient):
    browser = sign_in(patient.owner)
    signed = signing.dumps("x")
    settings.SECRET_KEY_FALLBACKS = [configured.SECRET_KEY]
    settings.SECRET_KEY = NEW
    assert SecondFactorAdapter().decrypt(old) == "JBSWY3DPEHPK3PXP"
    assert signing.loads(signed) == "x"
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 200


def test_the_list_of_sign_ins_can_be_the_first_page_under_a_new_key(
    settings, sign_in, alice
):
    browser = sign_in(alice)
    settings.SECRET_KEY_FALLBACKS = [configured.SECRET_KEY]
    settings.SECRET_KEY = NEW
    for _visit in range(2):
        assert browser.get("/accounts/security/").status_code == 200


def test_without_it_the_old_key_is_worth_nothing(old, settings, sign_in, patient):
    browser = sign_in(patient.owner)
    signed = signing.dumps("x")
    settings.SECRET_KEY = NEW
    with pytest.raises(InvalidToken):
        SecondFactorAdapter().decrypt(old)
    with pytest.raises(signing.BadSignature):
        signing.loads(signed)
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 302
