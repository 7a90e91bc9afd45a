"""Choosing a take-out to bring in: larger than other files, and never on a disk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capleak.exports.takeout.reading import MOST_BYTES, Incoming, Refused, opened

_FIELDS = 100_000  # room for what is sent beside the file


class TakeoutUploadHandler(MemoryFileUploadHandler):
    """Keeps one file in memory, up to what a take-out may have."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - the name that Django gives it
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.activated = content_length <= MOST_BYTES + _FIELDS


class BringForm(forms.Form):
    """One ZIP file. A valid form has what is `incoming`."""

    file = forms.FileField(
        label=gettext_lazy("The take-out (a ZIP file)"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("This file is empty."),
        },
    )

    incoming: Incoming

    def __init__(self, data: Any, files: Any, *, request: HttpRequest) -> None:
        super().__init__(data, files)
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > MOST_BYTES + _FIELDS:
            self.fields["file"].error_messages["required"] = _(
                "This file is larger than %(most)s MB."
            ) % {"most": MOST_BYTES // 1_000_000}

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            self.incoming = opened(file)
        except Refused as why:
            raise ValidationError(str(why)) from None
        return file
