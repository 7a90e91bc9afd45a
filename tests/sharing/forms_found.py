"""The forms that stand on a page, as a browser would fill them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Found:
    """One form: where it goes, how, what it holds, and which fields take files."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.found = url, list[Found]()
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = said.get("method", "get").lower()
            self.found.append(Found(said.get("action") or self.url, method))
            return
        name = said.get("name", "")
        if not self.found:
            return
        values = self.found[-1].values
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            values.append((self._select, said.get("value", "")))
        elif tag == "textarea":
            values.append((name, ""))
        elif tag == "input" and said.get("type") == "file":
            self.found[-1].files.append(name)
        elif tag in {"input", "button"} and name:
            values.append((name, said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def forms_on(page: str, url: str) -> list[Found]:
    """Every form of a page; choices are there with each of their values."""
    parser = _Forms(url)
    parser.feed(page)
    return [form for form in parser.found if form.values or form.files]
