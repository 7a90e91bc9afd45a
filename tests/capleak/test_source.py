"""What no module may do, read from its source: the few exceptions are named here."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

HERE: Final = Path(settings.BASE_DIR)
APPS: Final = (
    "capleak", "sharing", "notifications", "diary", "prophylaxis", "attacks",
)  # fmt: skip
# Text that goes into a page as it is: drawings of ours, whose words were escaped.
AS_IT_IS: Final = {"capleak/cache.py", "capleak/drawn.py", "sharing/qr.py"}
# SQL made of parts: names of our own roles and of our own columns.
OF_PARTS: Final = {"capleak/local/postgres.py", "diary/removal.py"}
# No token of ours, but a proof of their own; each has tests of its proof.
NO_TOKEN: Final = {"notifications/mail_views.py", "capleak/views/takeout.py"}
# What a template shows as it is: help texts of our forms and the code of an app.
SHOWN_AS_IS: Final = {"field.help_text|safe", "totp_svg|safe"}


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Everything that stands in a module, with its path."""
    paths = [path for app in APPS for path in sorted((HERE / app).rglob("*.py"))]
    return tuple(
        (path.relative_to(HERE).as_posix(), node)
        for path in paths
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
    )


def where(*names: str) -> set[str]:
    """The modules that call, decorate with or import any of these."""
    return {
        path
        for path, node in nodes()
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.alias) and node.name in names)
        or (isinstance(node, ast.ImportFrom) and node.module in names)
    }


def test_text_goes_into_pages_escaped() -> None:
    assert where("mark_safe") == AS_IT_IS
    shown = {
        part.split("}}")[0].strip()
        for path in (HERE / "templates").rglob("*.html")
        for part in path.read_text().split("{{")[1:]
        if "|safe" in part.split("}}")[0]
    }
    assert shown == SHOWN_AS_IS
    pages = [path.read_text() for path in (HERE / "templates").rglob("*.html")]
    assert not [page for page in pages if "autoescape off" in page]


def test_sql_is_never_put_together_with_values() -> None:
    assert where("RawSQL") == set()
    calls = [
        (path, node.func.attr, node.args[:1])
        for path, node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert {path for path, name, _ in calls if name in {"extra", "raw"}} == set()
    put_together = {
        path
        for path, name, first in calls
        if name in {"execute", "executemany"}
        and not all(isinstance(said, ast.Constant) for said in first)
    }
    assert put_together == OF_PARTS


def test_nothing_that_was_sent_is_run_or_unpacked_as_objects() -> None:
    assert where("pickle", "marshal", "shelve", "yaml", "eval", "exec") == set()


def test_what_a_form_stores_is_named_field_by_field() -> None:
    everything = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Assign)
        and [target.id for target in node.targets if isinstance(target, ast.Name)]
        in (["fields"], ["exclude"])
        and (
            getattr(node.value, "value", None) == "__all__"
            or getattr(node.targets[0], "id", "") == "exclude"
        )
    }
    assert everything == set()


def test_the_token_of_a_form_is_asked_for_everywhere_but_where_named() -> None:
    assert where("csrf_exempt") == NO_TOKEN


def test_addresses_that_people_type_are_shown_as_text() -> None:
    """No model has a field for an address of the web, so none can become a link."""
    assert where("URLField") == set()


def test_scripts_let_paste_and_store_nothing() -> None:
    scripts = "".join(path.read_text() for path in (HERE / "static/js").glob("*.js"))
    for never in ("paste", "localStorage", "sessionStorage", "indexedDB", "eval("):
        assert never not in scripts
