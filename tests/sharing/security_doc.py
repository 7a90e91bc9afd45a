"""The parts of docs/security.md that are the role matrix's own tables, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from sharing.models import Permission
from tests.sharing.matrix import PUBLIC, RECORD, SIGNED_IN
from tests.sharing.roles import ROLES, Page, Role

DOCUMENT: Final = Path(settings.BASE_DIR) / "docs" / "security.md"
# Of an address: "<uuid:patient>", or "(?P<key>.+)" where a library writes expressions.
PARAMETER: Final = re.compile(r"(?:\(\?P)?<(?:\w+:)?(\w+)>(?:[^()]*\))?")
RECORD_ROOT: Final = "patients/<patient>/"
WHO: Final = {
    "anonymous": "nobody signed in",
    "owner": "whose record it is",
    "eve": "signed in, with a record of their own",
    "viewer": "granted view",
    "logger": "granted view, log",
    "doctor": "granted view, export",
    "keeper": "granted view, manage",
    "manager": "granted everything",
    "discreet": "granted view, log, export; all that can be hidden is hidden",
    "revoked": "access was taken back",
    "expired": "access has ended",
    "invited": "has not accepted yet",
    "early": "access has not begun",
    "staff": "runs the site",
    "pending": "granted everything; second step of signing in not taken",
    "unready": "clinician granted everything; no second factor set up",
    "clinician": "clinician granted view, export; second factor set up",
    "glass": "staff with a reason, for 30 minutes",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paths(
    resolver: URLResolver, namespace: str = "", above: str = ""
) -> Iterator[tuple[str, str]]:
    """The name of every address and its path, with parameters by their names."""
    for entry in resolver.url_patterns:
        path = above + PARAMETER.sub(r"<\1>", str(entry.pattern).strip("^$"))
        if isinstance(entry, URLPattern):
            yield namespace + (entry.name or path), path
        else:
            below = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from paths(entry, below, path)


def roles() -> str:
    return table(
        ("role", "who", *Permission, "notes, own symptoms, period", "else"),
        (
            (
                f"`{role.name}`",
                WHO[role.name],
                *("yes" if p in (role.permissions or ()) else "–" for p in Permission),
                ("yes" if role.sees_all else "no") if role.permissions else "–",
                otherwise(role),
            )
            for role in ROLES
        ),
    )


def otherwise(role: Role) -> str:
    """What meets a role that asks for what is not theirs."""
    if role.permissions is None:
        return f"sent to `{role.sent_to}`"
    if not role.permissions:
        return "404, as if there were no such record"
    return "403; sends nothing at all" if role.only_looks else "403"


def records(found: dict[str, str]) -> str:
    return table(
        ("address", f"below `/{RECORD_ROOT}`", "GET", "POST"),
        (
            (
                f"`{name}`",
                f"`{found[name].removeprefix(RECORD_ROOT) or '/'}`",
                reading(page),
                sending(page),
            )
            for name, page in RECORD.items()
        ),
    )


def reading(page: Page) -> str:
    if page.get is None:
        return "–"
    return f"{page.get} and {page.also}" if page.also else page.get


def sending(page: Page) -> str:
    if page.post is None:
        return "–"
    both = f"{page.post} and {page.also}" if page.also else page.post
    return f"{both}, of an owned record its owner" if page.owner_only else both


def others(found: dict[str, str], of: dict[str, str]) -> str:
    return table(
        ("address", "path", "why"),
        ((f"`{name}`", f"`/{found[name]}`", why) for name, why in of.items()),
    )


def parts() -> dict[str, str]:
    """Each generated part of the document, by the name that it has there."""
    found = dict(paths(get_resolver()))
    return {
        "roles": roles(),
        "records": records(found),
        "public": others(found, PUBLIC),
        "signed in": others(found, SIGNED_IN),
    }


def with_parts(text: str) -> str:
    """The document with every generated part as it should be."""
    for name, part in parts().items():
        begin, end = f"<!-- {name}: written by a test -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        assert found, f"docs/security.md has no place for “{name}”"
        text = f"{before}{begin}{part}\n{end}" + rest.partition(end)[2]
    return text
