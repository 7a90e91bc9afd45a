"""A new SECRET_KEY: what the old one signed and encrypted is read while it is named."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings as configured
from django.core import signing
from django.core.management import call_command

from capleak.adapter import SecondFactorAdapter
from capleak.recovery_codes import RecoveryCodes
from tests.conftest import give_factor, make_user

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


def test_second_factors_can_be_encrypted_anew(alice, settings, capsys):
    """Then the old key can go: an app, recovery codes seen and unseen, a passkey."""
    secret = give_factor(alice)
    codes = RecoveryCodes.activate(alice)
    shown = codes.get_unused_codes()
    codes.mark_as_viewed()
    codes.instance.save()
    bob = make_user("bob")
    unseen = RecoveryCodes.activate(bob).get_unused_codes()
    Authenticator.objects.create(user=bob, type="webauthn", data={"credential": {}})
    settings.SECRET_KEY_FALLBACKS = [configured.SECRET_KEY]
    settings.SECRET_KEY = NEW
    call_command("rekey")
    assert capsys.readouterr().out == "3 encrypted anew.\n"
    settings.SECRET_KEY_FALLBACKS = []
    kept = {a.type: a for a in Authenticator.objects.filter(user=alice)}
    assert SecondFactorAdapter().decrypt(kept["totp"].data["secret"]) == secret
    assert RecoveryCodes(kept["recovery_codes"]).validate_code(shown[3])
    of_bob = Authenticator.objects.get(user=bob, type="recovery_codes")
    assert RecoveryCodes(of_bob).get_unused_codes() == unseen
