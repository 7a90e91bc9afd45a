"""An address as a code that a phone's camera reads."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode


def qr_svg(text: str) -> SafeString:
    """`text` as inline SVG, for a place with a white background of its own.

    Error correction M, the usual: a screen has no creases, and a smaller code is read
    from farther away.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, image_factory=SvgPathImage)
    code.add_data(text)
    svg: str = code.make_image().to_string(encoding="unicode")
    return mark_safe(svg)  # noqa: S308  # squares only: the text is not in it
