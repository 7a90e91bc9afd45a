"""docs/security.md says what the code does, and each test that it names is there.

`SECURITY_DOC=write` writes the tables of roles and addresses anew.
"""

from __future__ import annotations

import ast
import os
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from tests.sharing.roles import ROLES
from tests.sharing.security_doc import DOCUMENT, WHO, with_parts

TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What of OWASP ASVS 5.0, levels 1 and 2, bears on CapLeak.
REQUIRED: Final = """
1.2.1, 1.2.2, 1.2.3, 1.2.4, 1.3.4, 1.3.11, 1.5.2, 2.1.1, 2.2.1, 2.2.3, 2.3.1, 2.3.3,
2.3.4, 2.4.1, 3.2.1, 3.3.1, 3.3.2, 3.3.3, 3.3.4, 3.4.1, 3.4.3, 3.4.4, 3.4.5, 3.4.6,
3.5.1, 3.5.3, 3.7.2, 4.1.1, 4.1.3, 5.2.1, 5.2.2, 5.3.1, 5.3.2, 5.4.2, 5.4.3, 6.1.1,
6.2.1, 6.2.4, 6.2.7, 6.2.9, 6.2.12, 6.3.1, 6.3.3, 6.3.4, 6.4.3, 6.5.1, 6.5.2, 6.5.5,
7.1.1, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.4.2, 7.4.3, 7.5.1, 7.5.2, 8.1.1, 8.2.1, 8.2.2,
8.2.3, 8.3.1, 8.4.1, 11.3.2, 11.3.3, 11.4.2, 11.5.1, 12.2.1, 12.3.1, 13.2.2, 13.2.3,
13.3.1, 13.4.1, 13.4.2, 14.1.1, 14.1.2, 14.2.1, 14.2.2, 14.2.3, 14.3.1, 14.3.2, 14.3.3,
15.1.2, 15.2.1, 15.2.2, 15.3.1, 15.3.3, 15.3.4, 16.2.1, 16.2.2, 16.2.5, 16.3.1, 16.3.2,
16.4.1, 16.5.1, 16.5.2, 16.5.3
"""


@pytest.fixture(scope="module")
def text() -> str:
    return DOCUMENT.read_text()


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    heads = {at - 1 for at, row in enumerate(cells) if set(row[0]) <= {"-"}}
    return [
        row
        for at, row in enumerate(cells)
        if at not in heads and not set(row[0]) <= {"-"}
    ]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((Path(settings.BASE_DIR) / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_tables_of_roles_and_addresses_are_those_of_the_matrix(text: str) -> None:
    right = with_parts(text)
    if os.environ.get("SECURITY_DOC") == "write":
        DOCUMENT.write_text(right)
        return
    assert WHO.keys() == {role.name for role in ROLES}
    if text != right:
        print(right)  # noqa: T201 - the tables as they should be, for who mends them
    assert text.splitlines() == right.splitlines()


def test_every_test_that_is_named_is_there(text: str) -> None:
    named = TEST.findall(text)
    assert len(named) > 100
    assert [f"{p}::{name}" for p, name in named if name not in names_in(p)] == []
    assert text.count("::test_") == len(named)


def test_every_requirement_has_a_test_or_a_reason(text: str) -> None:
    found = rows(section(text, "OWASP ASVS 5.0"))
    ids = [number for row in found for number in row[0].split(", ")]
    assert sorted(ids) == sorted(REQUIRED.replace(",", " ").split())
    shown = [TEST.search(row[-1]) or "**Deviation**" in row[-1] for row in found]
    assert [
        row[0] for row, is_shown in zip(found, shown, strict=True) if not is_shown
    ] == []


def test_every_threat_has_an_answer_and_a_test(text: str) -> None:
    found = rows(section(text, "Threats"))
    assert [row[0] for row in found] == [f"T{number}" for number in range(1, 18)]
    assert [row[0] for row in found if not TEST.search(row[-1])] == []


def test_every_table_of_the_database_has_a_class(text: str) -> None:
    """Earlier versions, which pghistory keeps, are told with what they are of."""
    named = re.findall(r"`(\w+\.[A-Z]\w+)`", section(text, "What is stored"))
    kept = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.managed
        and not model._meta.proxy
        and not hasattr(model, "pgh_tracked_model")
    }
    assert sorted(named) == sorted(kept)


def told(value: object) -> str:
    """A limit as the document tells it."""
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        if minutes % 1440 == 0 and minutes > 1440 * 3:
            return f"{minutes // 1440} days"
        return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
    return f"{value:,}"


def test_every_limit_is_that_of_the_code(text: str) -> None:
    found = rows(section(text, "Limits"))
    assert len(found) > 20
    wrong = {
        where: value
        for _what, says, where in found
        if (value := told(import_string(where.strip("`")))) != says.split("; ")[0]
    }
    assert wrong == {}
