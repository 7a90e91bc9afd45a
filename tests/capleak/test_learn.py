"""Learn: open to everyone, with sources, and without a number that stands alone."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from capleak.views.learn import PAGES, SOURCES


def text(path, browser=None):
    answer = (browser or Client()).get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_page_is_listed_and_leads_somewhere():
    index = text("/learn/")
    for slug, page in PAGES.items():
        assert f"/learn/{slug}/" in index
        assert str(page.title) in text(f"/learn/{slug}/")


def test_a_page_that_is_not_there_is_not_found():
    assert Client().get("/learn/cure/").status_code == 404


@pytest.mark.parametrize("slug", [slug for slug in PAGES if PAGES[slug].sources])
def test_a_page_names_its_sources_in_full(slug):
    page = text(f"/learn/{slug}/")
    for key in PAGES[slug].sources:
        assert SOURCES[key].replace("&", "&amp;") in page


NAMED = re.compile(r"\b(?:[A-Z][a-z]+(?: (?:&amp;|de) [A-Z][a-z]+)*) (?:19|20)\d\d\b")


@pytest.mark.parametrize("slug", PAGES)
def test_what_is_cited_in_the_text_stands_among_the_sources(slug):
    article, _, rest = text(f"/learn/{slug}/").partition("</article>")
    for cited in NAMED.findall(article.partition("<article")[2]):
        assert cited.split()[0] in rest


def test_no_source_is_kept_that_no_page_names():
    used = {key for page in PAGES.values() for key in page.sources}
    assert used == SOURCES.keys()


@pytest.mark.parametrize("slug", PAGES)
def test_every_page_says_that_it_is_no_advice(slug):
    assert "General facts, not advice for you" in text(f"/learn/{slug}/")


@pytest.mark.parametrize("slug", PAGES)
def test_no_page_reassures_or_tells_to_wait(slug):
    page = text(f"/learn/{slug}/").lower()
    assert not re.search(
        r"you are fine|nothing to worry|wait (it )?out|unverified", page
    )


@pytest.mark.parametrize("slug", ["attack", "phases"])
def test_where_an_attack_is_told_of_it_says_when_to_call(slug):
    assert "Call your emergency number at once for" in text(f"/learn/{slug}/")


def test_survival_is_told_in_ranges():
    page = text("/learn/outlook/")
    assert "73 to 78 %" in page
    assert "20 to 66 %" in page
    assert "cannot say what lies ahead of one person" in page


def test_signed_in_readers_keep_their_frame(sign_in, alice, patient):
    page = text("/learn/", sign_in(alice))
    assert "Sign up" not in page
