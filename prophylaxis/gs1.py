"""What the code on a vial says: product number, lot, use-by date, serial number.

Pure: standard library only. Reads the text that a scanner types for a GS1 DataMatrix
or GS1-128 code, and the line in brackets that is printed beside it, as the GS1 General
Specifications define them (sections 3 and 7.8; release 24, 2024). No table of products
is kept here: a number is all that the code has.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

SEPARATOR: Final = (
    "\x1d"  # how a scanner types FNC1, which ends what can vary in length
)
# How some scanners and keyboards write the separator so that it can be seen.
_SEPARATORS: Final = re.compile(r"<GS>|\{GS\}|\[GS\]|<FNC1>|␝|\x1e|\^\]", re.IGNORECASE)
_SYMBOLOGY: Final = re.compile(r"^\][A-Za-z][0-9]")
_BRACKETS: Final = re.compile(r"\(([0-9]{2,4})\)")
_CHARACTERS: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")

GTIN, LOT, EXPIRY, SERIAL = "01", "10", "17", "21"

# Application identifiers whose values have one length, all of it digits.
_FIXED: Final = {
    "00": 18,
    "01": 14,
    "02": 14,
    "11": 6,
    "12": 6,
    "13": 6,
    "15": 6,
    "16": 6,
    "17": 6,
    "20": 2,
}
# Those whose values end at a separator, with the most characters that they may have:
# lot and serial, and what else is found on medicines (710 to 717: national numbers).
_VARYING: Final = {
    "10": 20,
    "21": 20,
    "22": 20,
    "30": 8,
    "37": 8,
    "240": 30,
    "241": 30,
    "250": 30,
    "251": 30,
    **{str(ai): 20 for ai in range(710, 718)},
}


class Fault(StrEnum):
    """Why a code cannot be read."""

    UNKNOWN = "unknown"  # a part that is none of the known ones
    LENGTH = "length"  # a part that is too short or too long
    CHARACTERS = "characters"  # signs that no such code has
    CHECK_DIGIT = "check digit"  # the product number contradicts itself
    DATE = "date"  # no such day
    TWICE = "twice"  # one thing said twice, differently
    NO_LOT = "no lot"
    RUN_TOGETHER = "run together"  # where the lot ends cannot be told


class Unreadable(ValueError):
    """A code of a vial that cannot be taken as it is."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Code:
    """A code with a lot; blank or None is what it does not say."""

    lot: str
    gtin: str = ""  # 14 digits
    expires_on: date | None = None
    serial: str = ""


def read(text: str, today: date) -> Code | None:
    """The code in what was scanned or typed; None if it is no GS1 code.

    `today` tells the century of the use-by date. Unreadable for a code that is broken
    or that names no lot: a half-read lot is worse than none.
    """
    text = _SEPARATORS.sub(SEPARATOR, text.strip(" \t\r\n\0"))
    bare = _SYMBOLOGY.sub("", text)
    if not (bare != text or _looks_like_one(bare)):
        return None
    bare = bare.lstrip(SEPARATOR)
    said = dict[str, str]()
    for ai, value in _in_brackets(bare) if _BRACKETS.match(bare) else _elements(bare):
        _check(ai, value)
        if said.setdefault(ai, value) != value:
            raise Unreadable(Fault.TWICE)
    if LOT not in said:
        raise Unreadable(Fault.NO_LOT)
    if not (_BRACKETS.match(bare) or SEPARATOR in bare) and _runs_on(said):
        raise Unreadable(Fault.RUN_TOGETHER)
    expiry = said.get(EXPIRY)
    return Code(
        lot=said[LOT],
        gtin=said.get(GTIN, ""),
        expires_on=_day(expiry, today) if expiry else None,
        serial=said.get(SERIAL, ""),
    )


def check_digit_holds(gtin: str) -> bool:
    """Whether the last digit of a GTIN fits the others (weights 3 and 1, modulo 10)."""
    weights = (3 if place % 2 else 1 for place in range(len(gtin)))
    digits = reversed([int(digit) for digit in gtin])
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 10 == 0


def _looks_like_one(text: str) -> bool:
    """Whether this can hardly be a lot number that was typed."""
    if SEPARATOR in text or _BRACKETS.match(text):
        return True
    return bool(re.match(r"01[0-9]{14}", text)) and check_digit_holds(text[2:16])


def _in_brackets(text: str) -> Iterator[tuple[str, str]]:
    """The parts of the printed line: (01)04030539099998(17)270831(10)P100."""
    marks = list(_BRACKETS.finditer(text))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        value = text[mark.end() : end].strip(" " + SEPARATOR)
        fixed = mark[1] in _FIXED
        yield mark[1], value.replace(" ", "") if fixed else value


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """The parts of what a scanner types, each led by its identifier."""
    while text:
        ai = next((text[:n] for n in (2, 3) if _known(text[:n])), None)
        if ai is None:
            raise Unreadable(Fault.UNKNOWN)
        text = text[len(ai) :]
        if ai in _FIXED:
            value, text = text[: _FIXED[ai]], text[_FIXED[ai] :]
            text = text.removeprefix(SEPARATOR)
        else:
            value, _, text = text.partition(SEPARATOR)
        yield ai, value


def _runs_on(said: Mapping[str, str]) -> bool:
    """Whether the lot may have swallowed what comes after it.

    Some scanners and keyboards leave the separator out. Then a lot goes on to the end
    of the text, and a serial number or date within it cannot be told from the lot.
    """
    swallowed = (
        (SERIAL, r".+21."),
        (EXPIRY, r".+17[0-9]{6}"),
        (GTIN, r".+01[0-9]{14}"),
    )
    return any(ai not in said and re.match(p, said[LOT]) for ai, p in swallowed)


def _known(ai: str) -> bool:
    return ai in _FIXED or ai in _VARYING


def _check(ai: str, value: str) -> None:
    if not _known(ai):
        raise Unreadable(Fault.UNKNOWN)
    if ai in _FIXED:
        if len(value) != _FIXED[ai]:
            raise Unreadable(Fault.LENGTH)
        if not (value.isascii() and value.isdigit()):
            raise Unreadable(Fault.CHARACTERS)
        if ai == GTIN and not check_digit_holds(value):
            raise Unreadable(Fault.CHECK_DIGIT)
    else:
        if not 1 <= len(value) <= _VARYING[ai]:
            raise Unreadable(Fault.LENGTH)
        if not _CHARACTERS.fullmatch(value):
            raise Unreadable(Fault.CHARACTERS)


def _day(yymmdd: str, today: date) -> date:
    """The day of six digits; day 00 is the last of its month.

    The year is the one within 49 years before and 50 after today (GS1, section 7.12).
    """
    year, month, day = (int(yymmdd[n : n + 2]) for n in (0, 2, 4))
    year += today.year - today.year % 100
    if year - today.year > 50:
        year -= 100
    elif year - today.year < -49:
        year += 100
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except (ValueError, IndexError):  # monthrange: IllegalMonthError is both
        raise Unreadable(Fault.DATE) from None
