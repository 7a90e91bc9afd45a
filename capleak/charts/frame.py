"""The frame that panels of one chart share: a time scale, phase bands, an axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from capleak.charts.canvas import Anchor, Canvas
from capleak.charts.data import Band, Phase
from capleak.charts.layout import (
    Box,
    Flag,
    Scale,
    day_ticks,
    fit,
    number,
    place_flags,
    text_width,
    wrap,
)

FADE = 18.0  # how far a soft border fades, at most a third of its band
STRIPS = 5
BAR = 5.0  # the bar of a phase under its name


@dataclass(frozen=True, slots=True)
class Size:
    """The measures of one layout, in pixels at its own size."""

    width: float
    left: float  # where the plots begin
    right: float  # what they leave free at the end
    font: float
    small: float
    row: float  # of symptoms
    marks: tuple[float, float, float]  # severity 1, 2, 3
    beside: bool  # names of rows and lines stand left of the plots, not above

    @property
    def plot_right(self) -> float:
        return self.width - self.right

    @property
    def line(self) -> float:
        return self.small * 1.36


DESK = Size(880, 208, 44, 13.5, 12.5, 28, (17, 20, 23), beside=True)
PHONE = Size(350, 38, 34, 13, 12.5, 40, (15, 17.5, 20), beside=False)
# For a printed page, whose text is 180 mm wide: the smallest words come to 9 pt.
PAPER = Size(690, 206, 40, 13, 12.5, 24, (15, 17.5, 20), beside=True)

Width = Literal["phone", "desk", "paper"]
SIZES: Final[dict[Width, Size]] = {"phone": PHONE, "desk": DESK, "paper": PAPER}


@dataclass(slots=True)
class Frame:
    """Draws what surrounds the panels; `top` is how far down the drawing has come."""

    canvas: Canvas
    size: Size
    time: Scale
    bands: Sequence[Band]
    top: float = 0.0
    zero: bool = True  # 0 is a day to mark

    @property
    def margin(self) -> float:
        """Where names of bands, legends and remarks begin."""
        return self.size.left if self.size.beside else 0.0

    def title(self, words: str) -> None:
        """The title, on at most two lines, at the left edge."""
        size = self.size.font * 1.25
        for line in wrap(words, self.size.width - 4, size, bold=True):
            self.top += size * 1.25
            self.canvas.text(0, self.top, line, size=size, bold=True)
        self.top += 8

    def band_names(self) -> None:
        """The name of each band over its bar; short bands get rows and leaders."""
        if not self.bands:
            return
        size, row = self.size.font, self.size.font * 1.4
        names = [fit(b.label, self.size.width, size, bold=True) for b in self.bands]
        widths = [text_width(name, size, bold=True) for name in names]
        middles = [(self.time(b.start) + self.time(b.end)) / 2 for b in self.bands]
        flags = place_flags(middles, widths, self.margin, self.size.width)
        bottom = self.top + row * (1 + max(flag.row for flag in flags)) + 4
        for band, name, flag in zip(self.bands, names, flags, strict=True):
            baseline = bottom - 7 - row * flag.row
            if flag.row or not flag.left <= flag.anchor <= flag.right:
                start = (flag.anchor, baseline + 4)
                self.canvas.line(
                    [start, (flag.anchor, bottom)], f"{band.phase}-mark", width=1.2
                )
            x, anchor = self._anchored(flag)
            self.canvas.text(
                x, baseline, name, size=size, ink=band.phase, bold=True, anchor=anchor
            )
            self._fading(band, bottom, bottom + BAR, f"{band.phase}-mark")
        self.top = bottom + BAR

    def ground(self, top: float, bottom: float, levels: Sequence[float] = ()) -> None:
        """The bands behind one panel, its grid lines at `levels`, day 0, its base."""
        left, right = self.size.left, self.size.plot_right
        for band in self.bands:
            self._fading(band, top, bottom, f"{band.phase}-soft")
        self.canvas.lines([[(left, y), (right, y)] for y in levels], "line", width=0.8)
        for at, (phase, soft) in self._borders().items():
            ends = [(self.time(at), top), (self.time(at), bottom)]
            if soft:
                self.canvas.line(ends, f"{phase}-mark", dash=(2, 3))
            else:
                self.canvas.line(ends, f"{phase}-mark", width=0.8)
        self._zero(top, bottom)
        self.canvas.lines([[(left, bottom), (right, bottom)]], "line-strong", width=1)

    def axis(self, label: str) -> None:
        """Days under the last panel, and what day 0 is."""
        size = self.size
        y = self.top
        most = int((size.plot_right - size.left) / (44 if size.beside else 25))
        ticks = day_ticks(self.time.low, self.time.high, most)
        self.canvas.lines(
            [[(self.time(t), y), (self.time(t), y + 4)] for t in ticks], "line-strong"
        )
        baseline = y + 6 + size.small
        for tick in ticks:
            self.canvas.text(
                self.time(tick),
                baseline,
                number(tick),
                size=size.small,
                ink="ink" if tick == 0 else "ink-soft",
                bold=tick == 0,
                anchor="center",
            )
        self.top = baseline
        middle = (size.left + size.plot_right) / 2 if size.beside else size.width / 2
        room = size.plot_right - size.left if size.beside else size.width
        for line in wrap(label, room, size.small):
            self.top += size.line
            self.canvas.text(middle, self.top, line, size=size.small, anchor="center")
        self.top += 10

    def note(self, words: str) -> None:
        """A remark under everything else."""
        size = self.size
        for line in wrap(words, size.width - self.margin, size.small, most=3):
            self.top += size.line
            self.canvas.text(
                self.margin, self.top, line, size=size.small, ink="ink-soft"
            )

    def _anchored(self, flag: Flag) -> tuple[float, Anchor]:
        """Where to hang a label, so that a wider font still stays on the chart."""
        if flag.left <= self.margin + 1:
            return flag.left, "left"
        if flag.right >= self.size.width - 1:
            return flag.right, "right"
        return flag.left + flag.width / 2, "center"

    def _borders(self) -> dict[float, tuple[Phase, bool]]:
        """Where bands begin or end, with the later phase and whether that is soft."""
        borders: dict[float, tuple[Phase, bool]] = {}
        for band in self.bands:
            for at, soft in ((band.start, band.soft_start), (band.end, band.soft_end)):
                earlier = borders.get(at)
                borders[at] = (band.phase, soft or bool(earlier and earlier[1]))
        return borders

    def _zero(self, top: float, bottom: float) -> None:
        """Day 0, where it is certain: in the color of the leak if that begins then."""
        phase, soft = self._borders().get(0, (None, False))
        if self.zero and self.time.low <= 0 <= self.time.high and not soft:
            ends = [(self.time(0), top), (self.time(0), bottom)]
            ink = "leak" if phase == "leak" else "ink-soft"
            self.canvas.line(ends, ink, width=1.4)

    def _fading(self, band: Band, top: float, bottom: float, ink: str) -> None:
        """The stretch of a band; its soft borders fade out inside it."""
        start, end = self.time(band.start), self.time(band.end)
        if end - start < BAR - 1:  # a single known boundary, or minutes
            middle, half = (start + end) / 2, (BAR - 1) / 2
            self.canvas.box(Box(middle - half, top, middle + half, bottom), ink)
            return
        fade = min(FADE, (end - start) / 3)
        inner_start = start + fade * band.soft_start
        inner_end = end - fade * band.soft_end
        self.canvas.box(Box(inner_start, top, inner_end, bottom), ink)
        step = fade / STRIPS
        for n in range(STRIPS):
            opacity = round(1 - (n + 0.5) / STRIPS, 2)
            if band.soft_start:
                x = inner_start - (n + 1) * step
                self.canvas.box(Box(x, top, x + step, bottom), ink, opacity=opacity)
            if band.soft_end:
                x = inner_end + n * step
                self.canvas.box(Box(x, top, x + step, bottom), ink, opacity=opacity)
