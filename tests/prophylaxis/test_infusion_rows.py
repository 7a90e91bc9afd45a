"""The rows of the infusion form: lots typed or scanned, rates, reactions."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from prophylaxis.drafts import LotDraft
from prophylaxis.models import Infusion, Lot
from sharing.models import Category

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
GTIN = "04030539099998"
CODE = f"]d201{GTIN}1728083110P100456789\x1d21A7X2"
TYPED = {
    "client_id": "7f3b8a52-6e8f-4c3c-9a35-1d3f3a4b5c6d",
    "started_at": "2026-01-01T12:30",
    "product": "Octagam 10 %",
    "lots-count": "2",
    "lots-0-number": "P100456789",
    "lots-0-vial_g": "20",
    "lots-0-count": "5",
    "lots-0-expires_on": "08/2028",
    "lots-1-number": "",
    "lots-1-vial_g": "10",
    "lots-1-count": "2",
}


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def post(patient, alice, sign_in):
    client = sign_in(alice)

    def send(**typed):
        typed = {name.replace("__", "-"): value for name, value in typed.items()}
        page = f"/patients/{patient.public_id}/ivig/infusions/new/"
        return client.post(page, TYPED | typed)

    return send


def test_a_row_without_a_lot_is_no_lot(post):
    assert post().status_code == 302
    lot = Lot.objects.get()
    assert (lot.number, lot.count, lot.vial_g) == ("P100456789", 5, 20)
    assert lot.expires_on == date(2028, 8, 31)


def test_a_dose_that_is_left_out_is_what_the_vials_add_up_to(post):
    post(**{"lots-1-number": "P2"})
    assert Infusion.objects.get().dose_g == 120


def test_a_dose_is_not_guessed_when_a_vial_has_no_size(post):
    post(**{"lots-1-number": "P2", "lots-1-vial_g": ""})
    assert Infusion.objects.get().dose_g is None


@pytest.mark.parametrize("code", [CODE, f"(01){GTIN}(17)280831(10)P100456789"])
def test_a_scanned_code_is_read_when_it_is_saved(post, code):
    post(**{"lots-0-number": code, "lots-0-expires_on": ""})
    lot = Lot.objects.get()
    assert (lot.number, lot.gtin) == ("P100456789", GTIN)
    assert lot.expires_on == date(2028, 8, 31)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"lots-0-number": f"(01){GTIN[:-1]}1(10)P1"}, "contradicts itself"),
        ({"lots-0-number": f"(01){GTIN}(17)280831"}, "no lot in this code"),
        ({"lots-0-number": "x" * 41}, "at most 40"),
        ({"lots-0-number": "a\x1bb"}, "at most 40"),
        ({"lots-0-number": CODE, "lots-0-expires_on": "09/2028"}, "The code says"),
        ({"lots-0-number": ""}, "Enter the lot of these vials."),
        ({"lots-0-count": "0"}, "Enter a whole number from 1 to 99."),
        ({"lots-0-vial_g": "0"}, "Enter a number above 0"),
        ({"lots-0-expires_on": "13/2028"}, "Enter a month such as 08/2028"),
        ({"lots-0-expires_on": "soon"}, "Enter a month such as 08/2028"),
        ({"rates-count": "1", "rates-0-ml_per_h": "30"}, "from when on"),
        ({"reactions-count": "1", "reactions-0-kind": "fever"}, "how bad it was"),
        (
            {
                "reactions-count": "1",
                "reactions-0-kind": "other",
                "reactions-0-severity": "mild",
            },
            "Say what it was.",
        ),
        ({"finished_at": "2026-01-01T12:00"}, "before the start"),
        ({"finished_at": "2026-01-01T12:50", "is_running": "on"}, "running and"),
    ],
)
def test_bad_rows_are_refused_at_the_top_and_beside_them(post, typed, error):
    answer = post(**typed)
    assert answer.status_code == 200
    assert error in answer.content.decode()
    assert answer.context["form"]["product"].value() == "Octagam 10 %"
    assert not Infusion.objects.exists()


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2028-08-31", date(2028, 8, 31)),
        ("2028-08", date(2028, 8, 31)),
        ("08 2028", date(2028, 8, 31)),
        ("2.2028", date(2028, 2, 29)),
        ("15.08.2028", date(2028, 8, 15)),
    ],
)
def test_a_use_by_date_is_typed_as_it_is_printed(post, typed, day):
    post(**{"lots-0-expires_on": typed})
    assert Lot.objects.get().expires_on == day


def test_one_more_row_keeps_everything_typed_and_saves_nothing(post):
    form = post(action="add-lot", note="so far so good").context["form"]
    assert [row["number"].value() for row in form.lots] == ["P100456789", "", None]
    assert form["note"].value() == "so far so good"
    assert form["client_id"].value() == TYPED["client_id"]
    assert not form.errors
    assert not Infusion.objects.exists()


def test_enter_reads_the_code_and_goes_on_to_the_next_row(post):
    answer = post(action="read", **{"lots-0-number": CODE, "lots-0-expires_on": ""})
    first, second = answer.context["form"].lots
    assert first["number"].value() == "P100456789"
    assert first["expires_on"].value() == "08/2028"
    assert "autofocus" not in first.fields["number"].widget.attrs
    assert second.fields["number"].widget.attrs["autofocus"]
    assert not Infusion.objects.exists()


def test_a_code_that_cannot_be_read_is_said_so_before_saving(post):
    answer = post(action="read", **{"lots-0-number": f"(01){GTIN}(17)280831"})
    text = answer.content.decode()
    assert "There is no lot in this code." in text
    assert (
        answer.context["form"].lots.forms[0].fields["number"].widget.attrs["autofocus"]
    )


def test_a_product_is_known_by_its_number_only_from_earlier_vials_of_this_patient(
    post, infused, patient, eve, alice
):
    post(action="read", **{"lots-0-number": CODE})
    form = post(action="read", **{"lots-0-number": CODE}).context["form"]
    assert form.lots.forms[0]["product"].value() == ""
    earlier = LotDraft("P1", 1, Decimal(20), None, "Panzyga", GTIN)
    infused(NOW - timedelta(days=28), lots=(earlier,))
    typed = {"lots-0-number": CODE, "lots-0-vial_g": ""}
    form = post(action="read", **typed).context["form"]
    assert form.lots.forms[0]["product"].value() == "Panzyga"
    assert form.lots.forms[0]["vial_g"].value() == "20"
    assert Lot.objects.known_products(eve.own_record) == {}


def test_the_form_has_rows_for_the_vials_of_the_last_infusion(
    infused, patient, alice, sign_in
):
    lots = (LotDraft("P1", 5, Decimal(20)), LotDraft("P2", 1, Decimal(5)))
    infused(NOW - timedelta(days=28), lots=lots)
    page = f"/patients/{patient.public_id}/ivig/infusions/new/"
    form = sign_in(alice).get(page).context["form"]
    rows = [(r["vial_g"].value(), r["count"].value()) for r in form.lots]
    assert rows == [("20", 5), ("5", 1)]
    assert [r["number"].value() for r in form.lots] == [None, None]


def test_rates_after_midnight_are_of_the_next_day(post, time_machine):
    time_machine.move_to(NOW + timedelta(days=1))
    post(
        **{
            "started_at": "2026-01-01T23:00",
            "rates-count": "3",
            "rates-0-at": "23:00",
            "rates-0-ml_per_h": "30",
            "rates-1-at": "00:30",
            "rates-1-ml_per_h": "60,5",
            "rates-2-at": "",
        }
    )
    steps = Infusion.objects.get().rate_steps.all()
    assert [(f"{s.local_at:%d %H:%M}", s.ml_per_h) for s in steps] == [
        ("01 23:00", 30),
        ("02 00:30", Decimal("60.5")),
    ]


REACTION = {
    "reactions-count": "1",
    "reactions-0-kind": "headache",
    "reactions-0-severity": "moderate",
    "reactions-0-onset_at": "2026-01-01T12:45",
    "reactions-0-action": "Slowed down",
}


def test_a_reaction_is_kept_with_what_was_done(post):
    answer = post(**REACTION)
    reaction = Infusion.objects.get().reactions.get()
    assert (reaction.kind, reaction.severity) == ("headache", "moderate")
    assert f"{reaction.local_onset_at:%H:%M}" == "12:45"
    assert reaction.action == "Slowed down"
    assert "/infusions/" in answer.url


@pytest.mark.parametrize("kind", ["dyspnea", "chest_tightness", "thrombosis"])
def test_a_reaction_that_is_a_red_flag_opens_the_help_page(post, patient, kind):
    answer = post(**REACTION | {"reactions-0-kind": kind})
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert Infusion.objects.get().reactions.get().kind == kind


def test_who_may_not_read_notes_changes_an_infusion_without_losing_them(
    post, patient, logger_, sign_in
):
    post(note="SECRET", **REACTION)
    patient.grants.update(hidden=[Category.NOTES])
    infusion = Infusion.objects.get()
    page = f"/patients/{patient.public_id}/ivig/infusions/{infusion.public_id}/edit/"
    client = sign_in(logger_)
    text = client.get(page).content.decode()
    assert "SECRET" not in text
    assert "Slowed down" not in text
    typed = TYPED | {"version": "1", "given_by": "Ben", "note": "mine"}
    assert client.post(page, typed).status_code == 302
    infusion.refresh_from_db()
    assert (infusion.given_by, infusion.note) == ("Ben", "SECRET")
    assert infusion.reactions.get().action == "Slowed down"
