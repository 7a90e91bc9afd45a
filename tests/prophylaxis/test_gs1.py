"""The code on a vial is read whole or refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prophylaxis.forms.rows import FAULTS
from prophylaxis.gs1 import Code, Fault, Unreadable, check_digit_holds, read

TODAY = date(2026, 11, 23)
GTIN = "04030539099998"  # an invented number with its right check digit
GS = "\x1d"
WHOLE = Code("P100456789", GTIN, date(2028, 8, 31), "A7X2")


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN}1728083110P100456789{GS}21A7X2",
        f"01{GTIN}21A7X2{GS}1728083110P100456789",
        f"]d201{GTIN}1728083110P100456789{GS}21A7X2",
        f"]C101{GTIN}1728083110P100456789{GS}21A7X2\r\n",
        f"{GS}01{GTIN}1728083110P100456789{GS}21A7X2{GS}",
        f"01{GTIN}{GS}17280831{GS}10P100456789{GS}21A7X2",
        f"01{GTIN}1728083110P100456789<GS>21A7X2",
        f"01{GTIN}1728083110P100456789\x1e21A7X2",
        f"(01){GTIN}(17)280831(10)P100456789(21)A7X2",
        f"  (01) {GTIN} (17) 28 08 31 (10) P100456789 (21) A7X2",
        f"(10)P100456789(21)A7X2(01){GTIN}(17)280831",
        f"01{GTIN}1728083110P100456789{GS}21A7X2{GS}71012345678",
    ],
)
def test_a_code_is_read_as_scanners_type_it_and_as_it_is_printed(text):
    assert read(text, TODAY) == WHOLE


@pytest.mark.parametrize(
    "text", ["", "P100456789", "LOT 12", "2101", "01", "0123", "1728083110", "(lot) 4"]
)
def test_a_lot_that_was_typed_is_no_code(text):
    assert read(text, TODAY) is None


def test_a_code_may_say_no_more_than_its_lot():
    assert read("(10)P1", TODAY) == Code("P1")
    assert read("]d210P1", TODAY) == Code("P1")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"(01){GTIN[:-1]}4(10)P1", Fault.CHECK_DIGIT),
        (f"]d201{GTIN[:-1]}410P1", Fault.CHECK_DIGIT),
        (f"(01){GTIN[:-1]}(10)P1", Fault.LENGTH),
        (f"(01){GTIN}(10)", Fault.LENGTH),
        (f"(01){GTIN}(10)" + "9" * 21, Fault.LENGTH),
        (f"01{GTIN}10" + "9" * 21, Fault.LENGTH),
        (f"01{GTIN}17280", Fault.LENGTH),
        (f"(01){GTIN}(17)281331(10)P1", Fault.DATE),
        (f"(01){GTIN}(17)280032(10)P1", Fault.DATE),
        (f"(01){GTIN}(17)270229(10)P1", Fault.DATE),
        (f"(01){GTIN}(17)28AUG1(10)P1", Fault.CHARACTERS),
        (f"(01){GTIN}(10)P 1", Fault.CHARACTERS),
        (f"(01){GTIN}(10)Pé1", Fault.CHARACTERS),
        (f"(01){GTIN}(98)X(10)P1", Fault.UNKNOWN),
        (f"01{GTIN}98X{GS}10P1", Fault.UNKNOWN),
        (f"(01){GTIN}(10)P1(10)P2", Fault.TWICE),
        (f"01{GTIN}17280831", Fault.NO_LOT),
        (f"01{GTIN}", Fault.NO_LOT),
        ("]d2", Fault.NO_LOT),
        (f"01{GTIN}1728083110P10045678921A7X2", Fault.RUN_TOGETHER),
        (f"01{GTIN}10P10045678917280831", Fault.RUN_TOGETHER),
        ("]d210P10017280831", Fault.RUN_TOGETHER),
    ],
)
def test_a_broken_code_is_refused_with_its_fault(text, fault):
    with pytest.raises(Unreadable) as refused:
        read(text, TODAY)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("281200", date(2028, 12, 31)),
        ("260101", date(2026, 1, 1)),
        ("760101", date(2076, 1, 1)),
        ("770101", date(1977, 1, 1)),
        ("991231", date(1999, 12, 31)),
    ],
)
def test_a_use_by_date_is_within_fifty_years_and_may_leave_the_day_out(typed, day):
    code = read(f"(17){typed}(10)P1", TODAY)
    assert code is not None
    assert code.expires_on == day


def test_a_lot_at_the_end_needs_no_separator_if_it_can_be_nothing_else():
    code = read(f"01{GTIN}1728083110P100456789", TODAY)
    assert code == Code("P100456789", GTIN, date(2028, 8, 31))
    with_21 = f"01{GTIN}1728083110P1002145{GS}"  # the separator says where it ends
    assert read(with_21, TODAY) == Code("P1002145", GTIN, date(2028, 8, 31))


def test_every_fault_has_words_for_the_form():
    assert set(FAULTS) == set(Fault)


def test_late_in_a_century_a_low_year_is_of_the_next():
    code = read("(17)100630(10)P1", date(2095, 1, 1))
    assert code is not None
    assert code.expires_on == date(2110, 6, 30)


@pytest.mark.parametrize(
    "gtin", ["00012345600012", "04006381333931", "10614141000415", "09780201379624"]
)
def test_known_numbers_have_their_check_digit(gtin):
    assert check_digit_holds(gtin)
    wrong = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)
    assert not check_digit_holds(wrong)


SIGNS = "ABCXYZabc0123456789-./_+"
LOTS = st.text(SIGNS, min_size=1, max_size=20)


@given(
    LOTS,
    LOTS,
    st.dates(date(1980, 1, 1), date(2070, 1, 1)),
    st.permutations(["01", "10", "17", "21"]),
)
def test_every_order_of_the_parts_says_the_same(lot, serial, expires_on, order):
    values = {"01": GTIN, "10": lot, "17": f"{expires_on:%y%m%d}", "21": serial}
    typed = "]d2" + "".join(
        ai + values[ai] + (GS if ai in {"10", "21"} else "") for ai in order
    )
    printed = "".join(f"({ai}){values[ai]}" for ai in order)
    code = Code(lot, GTIN, expires_on, serial)
    assert read(typed, TODAY) == read(printed, TODAY) == code


@given(st.text(max_size=60) | st.text(SIGNS + "()]d\x1d", max_size=60))
def test_whatever_is_typed_is_read_or_refused_and_never_crashes(text):
    try:
        code = read(text, TODAY)
    except Unreadable:
        return
    assert code is None or code.lot
