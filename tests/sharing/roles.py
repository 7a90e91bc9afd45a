"""Who asks for which address, and what a row of the table of addresses says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django import forms
from django.urls import URLPattern, URLResolver

from attacks.models import Attack
from sharing.models import Patient, Permission

EVERYTHING: Final = frozenset(Permission)
NOTHING: Final[frozenset[Permission]] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the URLconf, by its full name, with its parameters."""

    name: str
    params: frozenset[str]


def routes(
    resolver: URLResolver, namespace: str = "", params: frozenset[str] = frozenset()
) -> Iterator[Route]:
    """Every address below `resolver`; one without a name is called by its pattern."""
    for entry in resolver.url_patterns:
        of_entry = params | entry.pattern.regex.groupindex.keys()
        if isinstance(entry, URLPattern):
            yield Route(namespace + (entry.name or str(entry.pattern)), of_entry)
        else:
            below = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, below, of_entry)


@dataclass(frozen=True, slots=True)
class Role:
    """Someone who asks, and what is due to them. None: nothing opens at all."""

    name: str
    permissions: frozenset[Permission] | None
    has_grant: bool = True
    sees_all: bool = True  # else no notes, no own words and no period
    only_looks: bool = False  # sends nothing, whatever the permissions say
    is_main: bool = True  # in every run of the tests; the others in the whole suite
    sent_to: str = "/accounts/login/"  # if nothing opens


VIEW, LOG, EXPORT, MANAGE = Permission

ROLES: Final = (
    Role("anonymous", None, has_grant=False),
    Role("owner", EVERYTHING, has_grant=False),
    Role("eve", NOTHING, has_grant=False),  # a stranger with a record of her own
    Role("viewer", frozenset({VIEW})),
    Role("logger", frozenset({VIEW, LOG})),
    Role("doctor", frozenset({VIEW, EXPORT})),
    Role("keeper", frozenset({VIEW, MANAGE}), is_main=False),
    Role("manager", EVERYTHING),
    Role("discreet", frozenset({VIEW, LOG, EXPORT}), sees_all=False),
    Role("revoked", NOTHING, has_grant=False),
    Role("expired", NOTHING, has_grant=False, is_main=False),
    Role("invited", NOTHING, has_grant=False, is_main=False),  # has not accepted
    Role("early", NOTHING, has_grant=False, is_main=False),  # grant has not begun
    Role("staff", NOTHING, has_grant=False, is_main=False),  # runs the site
    # May do everything, and has not taken the second step of signing in yet.
    Role("pending", None, has_grant=False),
    # May do everything, and has not set the second factor up that clinicians need.
    Role("unready", None, has_grant=False, sent_to="/accounts/security/"),
    Role("clinician", frozenset({VIEW, EXPORT})),  # has set it up
    Role("glass", frozenset({VIEW}), only_looks=True),  # staff, with a reason
)


@dataclass(frozen=True, slots=True)
class World:
    """Alice's record, and the ids by which its addresses are made."""

    record: Patient
    beside: Patient  # another one, for which all who may log here may log as well
    attack: Attack  # going on, in its first phase
    ids: dict[str, UUID | int]  # by the name of the parameter
    foreign: dict[str, UUID | int]  # the same kinds of things of Eve's record


Fields = dict[str, object]


def as_shown(form: forms.Form) -> Fields:
    """What a browser sends of a form that nobody touched."""
    sent: Fields = {}
    for bound in form:
        value = bound.value()
        if value is True:
            sent[bound.html_name] = "on"
        elif isinstance(value, list):
            sent[bound.html_name] = value
        elif value not in (None, False):
            shown = bound.field.widget.format_value(value)
            sent[bound.html_name] = shown[0] if isinstance(shown, list) else shown
    return sent


def nothing(world: World, role: Role) -> Fields:
    return {}


def unprepared(world: World) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of a record needs; None: it does not take this method.

    `sends` is accepted when sent; `prepare` changes the record first, if it must. What
    is sent to a page that does not write is only kept out of addresses.
    """

    get: Permission | None = None
    post: Permission | None = None
    answers: int = 302  # what is accepted
    sends: Callable[[World, Role], Fields] = field(default=nothing)
    prepare: Callable[[World], None] = field(default=unprepared)
    writes: bool = True
    owner_only: bool = False  # kindly refused to managers while there is an owner
    also: frozenset[Permission] = NOTHING  # needed beside
    hides: bool = False  # what is sent is hidden from some, and then refused kindly

    def lets(self, role: Role, method: str) -> bool:
        """Whether what `role` asks for by `method` is theirs."""
        if role.only_looks and method == "POST":
            return False
        held = role.permissions or NOTHING
        return self.need(method) in held and self.also <= held

    def refuses(self, role: Role) -> bool:
        """Whether what this role may send is answered with words instead."""
        hidden = self.hides and not role.sees_all
        return hidden or (self.owner_only and role.has_grant)

    def need(self, method: str) -> Permission | None:
        return {"GET": self.get, "HEAD": self.get, "POST": self.post}.get(method)
