"""A take-out that anybody made: it is taken, or refused in words, and nothing else."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import random
import struct
import time
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from django.db import transaction

from capleak.exports.takeout import reading, storing
from capleak.exports.takeout.reading import Refused, opened
from capleak.exports.takeout.storing import store
from capleak.exports.takeout.writing import takeout
from sharing.models import Patient, User
from tests.exports.files import opened_zip
from tests.exports.test_takeout import changed, first, newcomer, told

pytestmark = pytest.mark.django_db

FORMAT = "record/format.json"


@pytest.fixture(scope="module")
def good(django_db_setup: None, django_db_blocker: Any) -> bytes:
    with django_db_blocker.unblock(), transaction.atomic():
        content = b"".join(takeout(told(5)))
        transaction.set_rollback(True)
    return content


def packed(files: dict[str, bytes], how: int = ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", how) as archive:
        for name, found in files.items():
            archive.writestr(name, found)
    return out.getvalue()


def is_taken(content: bytes, by: User) -> bool:
    """Whether it was brought in, whole, and can be taken out; nothing is kept of it."""
    try:
        with transaction.atomic():
            made = store(opened(io.BytesIO(content)), by=by)
            assert b"".join(takeout(made))
            transaction.set_rollback(True)
    except Refused:
        return False
    return True


# --- The ZIP ------------------------------------------------------------------------


def patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def directory(content: bytes) -> int:
    """Where the directory of a ZIP begins."""
    return int(struct.unpack("<L", content[-6:-2])[0])


@pytest.mark.parametrize("how", [ZIP_BZIP2, ZIP_LZMA])
def test_a_way_of_packing_that_we_do_not_use_is_refused_even_unharmed(good, how):
    with pytest.raises(Refused):
        opened(io.BytesIO(packed(opened_zip([good]), how)))


@pytest.mark.parametrize("how", [ZIP_BZIP2, ZIP_LZMA])
def test_a_damaged_member_of_such_a_kind_is_refused(good, how):
    content = packed(opened_zip([good]), how)
    for at in range(40, 400, 7):
        with pytest.raises(Refused):
            opened(io.BytesIO(patched(content, at, b"\xff\xff\xff")))


def test_a_bent_directory_is_refused(good):
    content = packed(opened_zip([good]), ZIP_STORED)
    begins = directory(content)
    entry = content.index(FORMAT.encode(), begins) - 46
    for bent in (
        patched(content, entry + 6, b"\xff"),  # made for version 25.5
        patched(content, entry + 10, b"\x63"),  # an unknown method
        patched(content, entry + 42, b"\xff\xff\xff\x7f"),  # a member far away
        patched(content, len(content) - 6, struct.pack("<L", begins + 999)),
        patched(content, len(content) - 10, struct.pack("<L", begins * 2)),
    ):
        with pytest.raises(Refused):
            opened(io.BytesIO(bent))


def test_a_name_that_is_no_text_is_refused(good):
    content = packed({"é/x.txt": b"", **opened_zip([good])}, ZIP_STORED)
    local = content.replace("é/x.txt".encode(), b"\xff\xff/x.txt", 1)
    both = content.replace("é/x.txt".encode(), b"\xff\xff/x.txt")
    assert local != both
    with pytest.raises(Refused):
        opened(io.BytesIO(both))
    named = packed(opened_zip([good]), ZIP_STORED)
    flag = named.index(FORMAT.encode()) - 30 + 6
    local = patched(named, flag, b"\x00\x08")  # it says that its name is UTF-8
    local = local.replace(FORMAT.encode(), b"\xff" + FORMAT.encode()[1:], 1)
    with pytest.raises(Refused):
        opened(io.BytesIO(local))


# --- The lines ----------------------------------------------------------------------

DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("told", {"kind": ["look"], "told": {}}),
        ("told", {"kind": {}, "told": {}}),
        ("told", {"kind": "look", "told": {"who": "\ud800"}}),
        ("told", {"kind": "look", "told": {"\udfff": ""}}),
        ("told", {"kind": "look", "told": {"who": "a\0b"}}),
        ("told", {"kind": "look", "told": {"who": DEEP}}),
        ("told", {"kind": "look", "told": {"n": float("inf")}}),
        ("people", {"name": "\ud800"}),
        ("diary.checkin", {"note": "\ud800"}),
        ("diary.checkin", {"zone": ""}),
        ("diary.comment", {"text": "\udfff"}),
        ("diary.comment", {"author_name": "\ud83d"}),
        ("sharing.patient", {"plan_text": "\ud800"}),
        ("sharing.patient", {"zone": ""}),
        ("sharing.patient", {"units": {"weight": ["kg"]}}),
        ("sharing.patient", {"units": {"weight": {}}}),
        ("attacks.attack", {"zone": ""}),
    ],
)
def test_what_no_page_could_show_is_refused(good, name, line):
    content = changed(good, f"record/{name}.jsonl", lambda found: first(found, **line))
    assert not is_taken(content, newcomer())


def test_reasons_of_a_flag_must_be_reasons(good, demo):
    """Of a record with flags: anything else in their place is refused."""
    content = b"".join(takeout(demo))
    user = newcomer()
    for reasons in ([5], [["own:1"]], {"code": 1}, [None], [{"code": []}], "x"):
        bad = changed(
            content,
            "record/diary.prodromeflag.jsonl",
            lambda found, reasons=reasons: first(found, reasons=reasons),
        )
        assert not is_taken(bad, user)


@pytest.mark.parametrize("seed", range(3))
def test_a_file_with_flipped_bits_is_taken_or_refused(good, seed):
    """In the ZIP itself, packed or not: what is taken is a record like any other."""
    dice, user = random.Random(seed), newcomer()
    plain = packed(opened_zip([good]), ZIP_STORED)
    for _ in range(20):
        bent = bytearray(dice.choice([good, plain]))
        begins = directory(bytes(bent))
        for _ in range(dice.randint(1, 4)):
            span = dice.choice([(0, len(bent)), (begins, len(bent)), (0, 200)])
            bent[dice.randrange(*span)] ^= 1 << dice.randrange(8)
        is_taken(bytes(bent), user)


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**31, 2**63, 10**30, 1.5, 1e308, "", "x", "own:1", "0"),
    *([], {}, [1], ["x"], {"x": 1}, [[]], [{}], "owner", "\ud800", "\0", "own:"),
    *("2025-02-30", "2025-03-14", "0001-01-01T00:00:00+00:00", "NaN", "1e400"),
    *("25:00", "P1D", "P99999999999D", "Europe/Berlin", "x" * 5000),
)


@pytest.mark.parametrize("seed", range(3))
def test_a_file_with_odd_lines_is_taken_or_refused(good, seed):
    """One value, one letter or one line of a file is another one."""
    dice, user = random.Random(seed), newcomer()
    files = {n: c for n, c in opened_zip([good]).items() if n.startswith("record/")}
    names = [name for name, found in files.items() if found.count(b"\n") > 0]
    for _ in range(20):
        name = dice.choice(names)
        lines = files[name].splitlines()
        at = dice.randrange(len(lines))
        if dice.random() < 0.7:
            row = json.loads(lines[at])
            row[dice.choice(list(row))] = dice.choice(ODD)
            lines[at] = json.dumps(row).encode()
        elif dice.random() < 0.7:
            letters = bytearray(lines[at])
            letters[dice.randrange(len(letters))] ^= 1 << dice.randrange(8)
            lines[at] = bytes(letters)
        else:
            lines[at] = dice.choice([*lines, b"", b"[]", b"null", b'{"a":NaN}'])
        bent = packed({**files, name: b"".join(line + b"\n" for line in lines)})
        is_taken(bent, user)


# --- What would take for ever ---------------------------------------------------------


def with_gone(good: bytes, how_many: int) -> bytes:
    """The file with the history of so many infusions that are gone."""
    name = "record/prophylaxis.infusion.earlier.jsonl"
    found = opened_zip([good])[name]
    event = json.loads(found.split(b"\n")[0])
    more = (json.dumps(event | {"pgh_obj": 100 + n}).encode() for n in range(how_many))
    return changed(good, name, lambda old: old + b"\n".join(more) + b"\n")


def test_four_times_as_many_rows_that_are_gone_take_about_four_times_the_steps(good):
    steps = {}
    for number in (1_000, 4_000):
        content, user = with_gone(good, number), newcomer(f"n{number}")
        with cProfile.Profile() as profile:
            assert is_taken(content, user)
        steps[number] = pstats.Stats(profile).total_calls
    assert steps[4_000] < 5 * steps[1_000], steps


def test_more_rows_that_are_gone_than_a_diary_can_have_are_refused(good, monkeypatch):
    monkeypatch.setattr(storing, "MOST_GONE", 50)
    assert not is_taken(with_gone(good, 51), newcomer())


def test_a_file_that_takes_too_long_is_refused_whole(good, monkeypatch):
    monkeypatch.setattr(reading, "MOST_SECONDS", -1)
    user = newcomer()
    incoming = None
    with pytest.raises(Refused, match=r"takes too long|no take-out"):
        incoming = opened(io.BytesIO(good))
    assert incoming is None
    monkeypatch.undo()
    incoming = opened(io.BytesIO(good))
    incoming.until = time.monotonic() - 1
    with pytest.raises(Refused, match="takes too long"):
        store(incoming, by=user)
    assert not Patient.objects.filter(owner=user).exists()


def test_no_statement_of_it_takes_longer_than_that_either(good, monkeypatch):
    monkeypatch.setattr(storing, "MOST_SECONDS", 0.001)
    with pytest.raises(Refused, match="takes too long"):
        store(opened(io.BytesIO(with_gone(good, 3_000))), by=newcomer())
