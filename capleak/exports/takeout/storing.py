"""A take-out becomes a record of an account that has none: all of it, or nothing.

Rows are inserted as they were, with their own times, and their triggers stay silent, so
that the history says what it said and nothing of the bringing over. People whom the
file names become names that nobody can sign in as: a file could say anything of anyone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final
from uuid import UUID, uuid4

import pgtrigger
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import AutoField, BigAutoField, Field, ForeignKey, Model
from django.utils import timezone
from django.utils.translation import gettext as _
from pghistory.models import Context
from psycopg2.errors import QueryCanceled

from capleak.erasing import forget_record
from capleak.exports.takeout import shapes
from capleak.exports.takeout.columns import CannotBe, from_json
from capleak.exports.takeout.emptiness import is_empty
from capleak.exports.takeout.inventory import MADE_ANEW, ROWS, TOLD, Kept
from capleak.exports.takeout.keys import Keys
from capleak.exports.takeout.reading import (
    MOST_SECONDS,
    Incoming,
    Refused,
    at,
    took_too_long,
)
from capleak.exports.takeout.writing import (
    AT_ONCE,
    HOLDS_OWN,
    OWNER,
    SIGNED,
    columns,
    each_text,
)
from diary.models import CustomSymptom, ImportRun
from diary.models.entries import OWN
from sharing.models import BroughtLine, Patient, User

MOST_PEOPLE: Final = 10_000  # design choice: nobody's diary names as many
# Of rows that are gone. Design choice: a file of 50,000 measurements that was brought
# in and undone, four times.
MOST_GONE: Final = 200_000


class HasOne(Exception):
    """The account has a diary already."""


def store(incoming: Incoming, *, by: User) -> Patient:
    """Make the record of the file the user's own. Refused says why it cannot be.

    A record in which nothing was written yet makes room for it. HasOne if something
    was: sent twice, the file is brought in once.
    """
    try:
        with pgtrigger.ignore(), transaction.atomic():
            _alone(by)
            own = Patient.objects.select_for_update(no_key=True).filter(owner=by)
            for record in own:
                if not is_empty(record):
                    raise HasOne
                forget_record(record, asked_at=timezone.now(), by=by.pk)
            made = _Store(incoming, by).all()
            connection.check_constraints()  # now, not when this is committed
            return made
    except (IntegrityError, DataError) as error:
        raise Refused(
            _("What this file says contradicts itself. It was not brought in.")
        ) from error
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise took_too_long() from error
        raise


def _alone(user: User) -> None:
    """One file at a time of one account, and no statement that takes for ever."""
    users = User.objects.select_for_update(skip_locked=True, no_key=True)
    if not users.filter(pk=user.pk).exists():
        raise Refused(_("A diary is being brought over already. Wait a minute."))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [f"{MOST_SECONDS}s"])


Read = Callable[[Any], Any]


class _Store:
    """One file on its way into the database; rows of it are known by their numbers."""

    def __init__(self, incoming: Incoming, by: User) -> None:
        self.incoming, self.by = incoming, by
        self.patient = Patient(owner=by)
        self.people: list[int] = []
        self.keys: dict[type[Model], list[int]] = {}
        self.gone: dict[type[Model], dict[int, int]] = defaultdict(dict)
        self.numbers: dict[type[Model], dict[int, int]] = defaultdict(dict)  # by key
        self.free = Keys()
        self.made_anew: dict[tuple[type[Model], int], UUID] = defaultdict(uuid4)
        self.contexts: dict[int, UUID] = {}

    def all(self) -> Patient:
        first, *others = ROWS
        self._patient(first)
        self._people()
        for kept in others:
            self._rows(kept)
        for kept in ROWS:
            if kept.events:
                self._earlier(kept)
        self._changes()
        self._told()
        return self.patient

    # --- What is read -------------------------------------------------------------

    def _patient(self, kept: Kept) -> None:
        rows = list(self._read(kept.name, columns(Patient, kept)))
        if len(rows) != 1:
            raise at(f"record/{kept.name}.jsonl", 1)
        for name, value in rows[0].items():
            setattr(self.patient, name, value)
        self.patient.save(force_insert=True)
        self.keys[Patient] = [self.patient.pk]

    def _people(self) -> None:
        """Names that nobody can sign in as; a blank one is somebody who has left."""
        names = [self._name(n, row) for n, row in self._lines("people")]
        if len(names) > MOST_PEOPLE:
            raise Refused(_("This file names more people than a diary does."))
        for name in names:
            self.people.append(self._person_of(name) if name else self.free.key(User))

    def _name(self, number: int, row: Mapping[str, Any]) -> str:
        name = row.get("name")
        if not isinstance(name, str) or len(name) > 80:
            raise at("record/people.jsonl", number)
        return name

    def _person_of(self, name: str) -> int:
        person = User(
            email=f"{uuid4().hex}@brought.invalid",
            name=name,
            is_active=False,
            brought_for=self.patient,
        )
        person.set_unusable_password()
        person.save(force_insert=True)
        return person.pk

    def _rows(self, kept: Kept) -> None:
        made = self.keys.setdefault(kept.model, [])
        rows = self._read(kept.name, columns(kept.model, kept))
        for several in _batches(self._objects(kept.model, rows)):
            made += _insert(kept.model, several)

    def _objects(
        self, model: Any, rows: Iterator[Mapping[str, Any]]
    ) -> Iterator[Model]:
        for number, values in enumerate(rows, start=1):
            row = model(**values)
            _belongs_to(row, self.patient)
            if hasattr(row, MADE_ANEW):
                setattr(row, MADE_ANEW, self.made_anew[model, number])
            for name, who in SIGNED.items():
                if hasattr(row, name) and getattr(row, f"{who}_id") == self.by.pk:
                    setattr(row, name, str(self.by)[:80])
            yield row

    def _earlier(self, kept: Kept) -> None:
        events = kept.events
        rows = self._read(f"{kept.name}.earlier", columns(events, kept), of_gone=True)
        for several in _batches(self._events(kept, rows)):
            _insert(events, several)

    def _events(self, kept: Kept, rows: Iterator[Mapping[str, Any]]) -> Iterator[Model]:
        numbers = self.numbers[kept.model]
        numbers |= {key: n for n, key in enumerate(self.keys[kept.model], start=1)}
        for values in rows:
            event = kept.events(**values)
            _belongs_to(event, self.patient)
            event.id = key = event.pgh_obj_id
            if hasattr(event, MADE_ANEW):
                public_id = self.made_anew[kept.model, numbers[key]]
                setattr(event, MADE_ANEW, public_id)
            yield event

    def _changes(self) -> None:
        """Who made the changes that events belong to, one line for each."""
        fields = [Context._meta.get_field(n) for n in ("created_at", "updated_at")]
        found = []
        for number, row in self._lines("changes"):
            about = row.pop("metadata", None)
            values = self._values("changes", number, row, self._reads(fields))
            if number not in self.contexts or not shapes.fits(
                "changes", {"metadata": about}
            ):
                raise at("record/changes.jsonl", number)
            found.append(
                Context(
                    id=self.contexts[number],
                    metadata=self._about(about, number),
                    **values,
                )
            )
        if len(found) != len(self.contexts):
            raise at("record/changes.jsonl", len(found) + 1)
        for several in _batches(iter(found)):
            _insert(Context, several)

    def _about(self, about: dict[str, Any], number: int) -> dict[str, Any]:
        try:
            if "by" in about:
                about["by"] = self._person(about["by"])
            if "run" in about:
                about["run"] = self._key(ImportRun, about["run"], of_gone=True)
        except CannotBe as error:
            raise at("record/changes.jsonl", number) from error
        return about

    def _told(self) -> None:
        lines = []
        for number, row in self._lines("told"):
            kind, told = row.get("kind"), row.get("told")
            if not isinstance(kind, str) or not isinstance(told, dict):
                raise at("record/told.jsonl", number)
            if kind not in TOLD:
                raise at("record/told.jsonl", number)
            lines.append(BroughtLine(patient=self.patient, kind=kind, told=told))
        BroughtLine.objects.bulk_create(lines, batch_size=AT_ONCE)

    # --- From lines to values -----------------------------------------------------

    def _lines(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        return enumerate(self.incoming.lines(f"record/{name}.jsonl"), start=1)

    def _read(
        self, name: str, fields: list[Any], *, of_gone: bool = False
    ) -> Iterator[dict[str, Any]]:
        reads = self._reads(fields, of_gone=of_gone)
        for number, row in self._lines(name):
            yield self._values(name, number, row, reads)

    def _values(
        self, name: str, number: int, row: dict[str, Any], reads: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The values of one line by the names of their attributes."""
        if row.keys() != reads.keys():
            raise at(f"record/{name}.jsonl", number)
        try:
            found = {
                attribute: read(row[key]) for key, (attribute, read) in reads.items()
            }
        except CannotBe as error:
            raise at(f"record/{name}.jsonl", number) from error
        if not shapes.fits(name, found):
            raise at(f"record/{name}.jsonl", number)
        return found

    def _reads(
        self, fields: Iterable[Any], *, of_gone: bool = False
    ) -> dict[str, tuple[str, Read]]:
        return {
            field.name: (field.attname, self._reader(field, of_gone=of_gone))
            for field in fields
        }

    def _reader(self, field: Field[Any, Any], *, of_gone: bool) -> Read:
        if isinstance(field, ForeignKey):
            target: Any = field.related_model
            if target is User:
                return self._person
            if target is Context:
                return self._context
            return lambda raw: self._named(field, target, raw, of_gone=of_gone)
        read = from_json(field)
        if field.name in HOLDS_OWN:
            return lambda raw: each_text(read(raw), self._own)
        return read

    def _named(self, field: Any, target: Any, raw: Any, *, of_gone: bool) -> int | None:
        if raw is None and field.null:
            return None
        return self._key(target, raw, of_gone=of_gone)

    def _key(self, model: type[Model], raw: Any, *, of_gone: bool = False) -> int:
        """The key of the row with a number; one that is gone gets a key of its own."""
        if type(raw) is not int or raw < 1:
            raise CannotBe
        made = self.keys.get(model, [])
        if raw <= len(made):
            return made[raw - 1]
        if not of_gone:
            raise CannotBe
        gone = self.gone[model]
        if raw not in gone:
            if sum(map(len, self.gone.values())) >= MOST_GONE:
                raise Refused(_("This file is too large to be a diary."))
            gone[raw] = key = self.free.key(model)
            self.numbers[model][key] = raw
        return gone[raw]

    def _person(self, raw: Any) -> int | None:
        if raw is None:
            return None
        if raw == OWNER:
            return self.by.pk
        if type(raw) is not int or not 1 <= raw <= len(self.people):
            raise CannotBe
        return self.people[raw - 1]

    def _context(self, raw: Any) -> UUID | None:
        if raw is None:
            return None
        if type(raw) is not int or raw < 1:
            raise CannotBe
        return self.contexts.setdefault(raw, uuid4())

    def _own(self, text: Any) -> str:
        """The name of an own symptom, by its key instead of its number."""
        if not isinstance(text, str):
            raise CannotBe
        name, found, number = text.partition(OWN)
        if name or not found:
            return text
        if not number.isdecimal() or len(number) > 9:
            raise CannotBe
        return f"{OWN}{self._key(CustomSymptom, int(number), of_gone=True)}"


# --- Rows as they were ----------------------------------------------------------------


def _insert(model: Any, rows: list[Any]) -> list[int]:
    """Insert rows with all that they say, times that are set by themselves too.

    As loaddata does it, and many at a time.
    """
    made = (AutoField, BigAutoField)
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, made)]
    stored = model.objects.all()._insert(  # noqa: SLF001 - bulk_create sets times
        rows, fields=fields, returning_fields=[model._meta.pk], raw=True
    )
    return [key for (key,) in stored]


def _belongs_to(row: Any, patient: Patient) -> None:
    """Say whose record it is, wherever the row says that itself."""
    for field in row._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.related_model is Patient:
            setattr(row, field.attname, patient.pk)


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while several := list(islice(rows, AT_ONCE)):
        yield several
