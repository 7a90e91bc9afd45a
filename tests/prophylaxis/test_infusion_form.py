"""Logging an infusion."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from prophylaxis.models import Infusion

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPED = {
    "client_id": "7f3b8a52-6e8f-4c3c-9a35-1d3f3a4b5c6d",
    "started_at": "2026-01-01T12:30",
    "product": "Octagam 10 %",
    "dose_g": "140",
    "weight": "70,5",
    "note": "went well",
}


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(patient):
    return f"/patients/{patient.public_id}/ivig/infusions/new/"


@pytest.fixture
def post(patient, alice, sign_in):
    client = sign_in(alice)

    def send(**typed):
        return client.post(url(patient), TYPED | typed)

    return send


MATRIX = [("alice", 200), ("manager", 200), ("logger_", 200), ("viewer", 403)]
MATRIX += [("doctor", 403), ("eve", 404)]


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_log_record_infusions(request, patient, sign_in, who, status):
    user = request.getfixturevalue(who)
    client = sign_in(user)
    assert client.get(url(patient)).status_code == status
    answer = client.post(url(patient), TYPED).status_code
    assert answer == (302 if status == 200 else status)
    assert Infusion.objects.filter(entered_by=user).exists() is (status == 200)


def test_what_was_typed_is_the_infusion(post, patient, plan):
    page = post().url
    infusion = Infusion.objects.get()
    assert page == f"/patients/{patient.public_id}/ivig/infusions/{infusion.public_id}/"
    assert infusion.client_id == UUID(TYPED["client_id"])
    assert infusion.started_at == datetime(2026, 1, 1, 11, 30, tzinfo=UTC)
    assert (infusion.zone, infusion.plan) == ("Europe/Berlin", plan)
    assert (infusion.dose_g, infusion.weight_kg) == (140, Decimal("70.5"))
    assert (infusion.product, infusion.note) == ("Octagam 10 %", "went well")


def test_pounds_are_stored_as_kilograms(post, patient):
    patient.units = {"weight": "lb"}
    patient.save()
    post(weight="165.3")
    assert Infusion.objects.get().weight_kg == Decimal("74.98")


def test_dose_and_weight_may_be_unknown(post):
    post(dose_g="", weight="", note="")
    infusion = Infusion.objects.get()
    assert (infusion.dose_g, infusion.weight_kg, infusion.g_per_kg) == (None,) * 3


def test_the_form_starts_from_the_plan_and_the_last_weight(
    patient, plan, infused, alice, sign_in
):
    infused(NOW - timedelta(days=28), weight_kg=Decimal("72.00"))
    form = sign_in(alice).get(url(patient)).context["form"]
    assert form["product"].value() == "Octagam 10 %"
    assert form["weight"].value() == "72"
    assert form["started_at"].value() == "2026-01-01T13:00"
    assert form["dose_g"].help_text == (
        "Left empty, it is what the vials add up to. "
        "By the plan 2 g/kg, which is 144 g at 72 kg."
    )


def test_the_same_form_sent_twice_is_stored_once(post):
    post()
    assert post().status_code == 302
    assert Infusion.objects.count() == 1


def test_the_same_form_with_other_values_is_asked_about_and_can_be_added(post):
    post()
    response = post(dose_g="120")
    form = response.context["form"]
    assert "already saved with other values" in form.non_field_errors()[0]
    assert form["dose_g"].value() == "120"
    post(dose_g="120", client_id=form["client_id"].value())
    assert Infusion.objects.count() == 2


def test_an_id_used_in_another_record_is_free_in_this_one(post, eve, sign_in):
    sign_in(eve).post(url(eve.own_record), TYPED | {"started_at": "2025-12-01T10:00"})
    post(dose_g="99")
    assert Infusion.objects.get(patient=eve.own_record).dose_g == 140
    assert Infusion.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("started_at", "", "This field is required."),
        ("started_at", "2026-01-01T13:02", "This is in the future."),
        ("started_at", "9999-12-31T23:59", "between 1900 and now"),
        ("started_at", "0001-01-01T00:00", "between 1900 and now"),
        ("started_at", "2025-03-30T02:30", "the clocks went forward"),
        ("started_at", "\0", "Enter a date and a time"),
        ("product", "", "This field is required."),
        ("product", "x" * 81, "at most 80 characters"),
        ("dose_g", "0", "Enter a number above 0, up to 400 g."),
        ("dose_g", "400.01", "Enter a number above 0, up to 400 g."),
        ("dose_g", "NaN", "Enter a number."),
        ("dose_g", "1e999", "Enter a number above 0, up to 400 g."),
        ("dose_g", "1e-999", "no more than 2 decimal places"),
        ("weight", "1.9", "Enter a number from 2 to 350 kg."),
        ("weight", "351", "Enter a number from 2 to 350 kg."),
        ("weight", "seventy", "Enter a number."),
        ("note", "x" * 1_000_000, "at most 4000 characters"),
        ("note", "a\0b", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_the_rest_is_kept(
    post, field, typed, error
):
    response = post(**{field: typed})
    form = response.context["form"]
    assert response.status_code == 200
    assert list(form.errors) == [field]
    assert error in form.errors[field][0]
    assert form["dose_g" if field != "dose_g" else "note"].value()
    assert not Infusion.objects.exists()


def test_a_broken_client_id_is_an_error_and_not_a_crash(post):
    response = post(client_id="1'; drop table")
    assert response.status_code == 200
    assert "client_id" in response.context["form"].errors


def test_an_empty_form_is_refused_field_by_field(patient, alice, sign_in):
    response = sign_in(alice).post(url(patient))
    assert response.status_code == 200
