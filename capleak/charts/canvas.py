"""A figure to draw on in pixels, from the top left, that grows downward.

The panels of a chart share one time scale and are set like text, so they are drawn on
the Figure itself: five Axes with ticks that we would replace cost more than all of
the drawing.
"""

from collections.abc import Sequence
from io import StringIO
from typing import Any, Literal

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from capleak.charts.layout import Box
from capleak.charts.style import PALETTE
from capleak.charts.svg import CLASS_GID, plain

Anchor = Literal["left", "center", "right"]
Pixels = Sequence[tuple[float, float]]

DOTTED = (1.5, 2.5)


class Label(Text):
    """Text that is placed but not measured: the browser sets it in the page's font.

    So no letter, right-to-left word or emoji of a user has to exist in a font here.
    """

    def draw(self, renderer: RendererBase) -> None:
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        x, y = self.get_transform().transform(self.get_unitless_position())
        _, height = renderer.get_canvas_width_height()
        renderer.open_group("text", self.get_gid())
        renderer.draw_text(
            gc,
            x,
            height - y,
            self.get_text(),
            self.get_fontproperties(),
            0,
            False,
            self,
        )
        renderer.close_group("text")
        gc.restore()


class Canvas:
    """Draws in the order it is told to; colors are names of the palette."""

    def __init__(self, width: float) -> None:
        self.width = width
        self._figure = Figure(dpi=72, frameon=False)  # 72: a unit is a pixel
        self._down = Affine2D()
        self._fonts: dict[tuple[float, bool], FontProperties] = {}

    def line(
        self,
        points: Pixels,
        ink: str,
        *,
        width: float = 1.5,
        dash: tuple[float, ...] | None = None,
        css_class: str | None = None,
    ) -> None:
        """A line through the points."""
        self._add(
            Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                color=PALETTE[ink],
                linewidth=width,
                linestyle="-" if dash is None else (0, tuple(d / width for d in dash)),
                solid_capstyle="round" if len(points) > 2 else "butt",
            ),
            css_class,
        )

    def lines(self, pairs: Sequence[Pixels], ink: str, *, width: float = 1.0) -> None:
        """Many separate strokes as one path."""
        gap = (float("nan"), float("nan"))
        joined = [point for pair in pairs for point in (*pair, gap)]
        if joined:
            self.line(joined, ink, width=width)

    def markers(
        self,
        points: Pixels,
        marker: str,
        fill: str,
        *,
        size: float,
        edge: str | None = None,
        edge_width: float = 1.0,
    ) -> None:
        """The same mark at each point; `size` is across, `edge` another outline."""
        if points:
            self._add(
                Line2D(
                    [x for x, _ in points],
                    [y for _, y in points],
                    linestyle="none",
                    marker=marker,
                    markersize=size,
                    markerfacecolor=PALETTE[fill],
                    markeredgecolor=PALETTE[edge or fill],
                    markeredgewidth=edge_width,
                )
            )

    def box(self, box: Box, fill: str, *, opacity: float | None = None) -> None:
        """A filled rectangle."""
        self._rectangle(box, facecolor=PALETTE[fill], linewidth=0, alpha=opacity)

    def area(self, points: Pixels, fill: str, *, opacity: float) -> None:
        """A filled shape with these corners."""
        shape = Polygon(points, facecolor=PALETTE[fill], linewidth=0, alpha=opacity)
        self._add(shape)

    def outline(self, box: Box, ink: str, *, fill: str) -> None:
        """A rectangle with a thin outline."""
        self._rectangle(
            box, facecolor=PALETTE[fill], edgecolor=PALETTE[ink], linewidth=1.2
        )

    def hatch(self, box: Box, ink: str) -> None:
        """A rectangle of thin diagonals."""
        self._rectangle(
            box,
            fill=False,
            hatch="////",
            hatchcolor=PALETTE[ink],
            edgecolor=PALETTE[ink],
            linewidth=0,
        )

    def text(
        self,
        x: float,
        baseline: float,
        words: str,
        *,
        size: float,
        ink: str = "ink",
        bold: bool = False,
        anchor: Anchor = "left",
        halo: bool = False,
    ) -> None:
        """Words on a baseline, drawn as they are; a halo parts them from lines."""
        font = self._fonts.setdefault(
            (size, bold),
            FontProperties(size=size, weight="bold" if bold else "normal"),
        )
        label = Label(
            x,
            baseline,
            plain(words),
            color=PALETTE[ink],
            horizontalalignment=anchor,
            parse_math=False,
            fontproperties=font,
        )
        self._add(label, "halo" if halo else None)

    def svg(self, height: float) -> str:
        """The drawing as matplotlib writes it, for inline_svg."""
        self._down.scale(1, -1).translate(0, height)
        self._figure.set_size_inches(self.width / 72, height / 72)
        out = StringIO()
        canvas = FigureCanvasSVG(self._figure)
        canvas.print_svg(out, metadata={"Date": None})  # type: ignore[no-untyped-call]
        return out.getvalue()

    def _rectangle(self, box: Box, **style: Any) -> None:
        corner = (box.left, box.top)
        size = (box.right - box.left, box.bottom - box.top)
        self._add(Rectangle(corner, *size, **style))

    def _add(
        self, artist: Line2D | Polygon | Rectangle | Text, css_class: str | None = None
    ) -> None:
        artist.set_transform(self._down)
        artist.set_zorder(1)  # equal for all: the order of drawing decides
        if css_class:
            artist.set_gid(CLASS_GID + css_class)
        self._figure.add_artist(artist)
