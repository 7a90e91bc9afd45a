"""What a browser has opened by a link and not answered yet: keys of its session."""

from __future__ import annotations

from typing import Final

HAND_OVER: Final = "hand_over"
