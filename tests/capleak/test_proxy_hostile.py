"""What no person types into the forms of proxies: refused or escaped, no error."""

from __future__ import annotations

from uuid import uuid4

import pytest

from capleak import closing
from sharing.models import Patient
from tests.conftest import make_user
from tests.sharing.proxy_parts import child_of, run_by

pytestmark = pytest.mark.slow

MARK = "<i>mark</i>"
HOSTILE = (MARK, "x\x00", "\ud800", "9999-12-31", "x" * 200_000)
FIELDS = {
    "start/someone/": ("name", "born_on"),  # a page of 600 time zones takes its time
    "sharing/hand-over/": ("email",),
    "closing/": ("memorial", "sure"),
    "closing/memorial/": ("memorial",),
    "merge/": ("other", "seen", "sure"),
}


@pytest.mark.parametrize("end", FIELDS)
def test_no_value_breaks_a_form_or_comes_back_as_markup(sign_in, db, end):
    ben = make_user("ben")
    record, other = child_of(ben), child_of(ben, name="Other")
    if end == "closing/memorial/":
        closing.close(record, "", by=ben)
    browser = sign_in(ben)
    good = {"sure": "on", "may": "on", "client_id": uuid4(), "other": other.public_id}
    url = (
        f"/{end}" if end.startswith("start") else f"/patients/{record.public_id}/{end}"
    )
    for field in FIELDS[end]:
        for value in HOSTILE:
            sent = good | {field: value.encode("utf-8", "surrogatepass")}
            answer = browser.post(url, sent)
            assert answer.status_code < 500, (field, value[:20])
            assert MARK not in answer.content.decode(), (field, value[:20])
            if end == "closing/":
                closing.reopen(record, by=ben)


def test_names_and_words_of_others_are_escaped_where_they_are_shown(sign_in, db):
    ben, mia = make_user("ben"), make_user("mia")
    ben.name = MARK
    ben.save()
    record, other = child_of(ben, name=MARK), child_of(ben, name=f"{MARK} 2")
    run_by(other, mia, "log")
    Patient.objects.filter(pk=other.pk).update(plan_text=MARK)
    Patient.objects.filter(pk=record.pk).update(plan_text="Another plan")
    browser, base = sign_in(ben), f"/patients/{record.public_id}/"
    asked = browser.post(f"{base}merge/", {"other": other.public_id})
    seen = asked.context["form"]["seen"].value()
    pages = [
        asked,
        browser.get(f"{base}sharing/running/"),
        browser.get(f"{base}merge/"),
    ]
    form = {"other": other.public_id, "seen": seen, "sure": "on"}
    pages += [browser.post(f"{base}merge/", form, follow=True)]
    pages += [browser.get(f"{base}closing/"), browser.get(f"{base}sharing/hand-over/")]
    closing.close(record, MARK, by=ben)
    pages += [browser.get(base), browser.get(f"{base}closing/memorial/")]
    shown = [page.content.decode() for page in pages]
    assert all(MARK not in page for page in shown)
    assert all("&lt;i&gt;mark" in page for page in shown)
