"""What all widgets share: words that follow the language, sizes that follow the text size."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtCore
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QSizePolicy, QSpacerItem, QWidget

from cardtool.ui.context import Context
from cardtool.ui.messages import Messages, Value
from cardtool.ui.theme import Theme
from cardtool.ui.tokens import TEXT_COLUMN


class Part:
    """Mixed into a QWidget. ``begin`` is called last in its constructor.

    ``say`` binds a setter to words: it is called now and again whenever the language changes.
    ``restyle`` and ``retranslate`` may be extended.
    """

    context: Context

    def begin(self, context: Context) -> None:
        self.context = context
        self._spoken: dict[str, Callable[[], None]] = {}
        context.theme.changed.connect(self.restyle)
        context.messages.changed.connect(self.retranslate)
        self.restyle()

    @property
    def theme(self) -> Theme:
        return self.context.theme

    @property
    def messages(self) -> Messages:
        return self.context.messages

    def say(self, setter: Callable[[str], object], key: str, **values: Value) -> None:
        """Bind ``setter`` to the words of ``key``; a later call for the same setter takes its place."""
        name = f"{id(getattr(setter, '__self__', setter))}.{setter.__name__}"

        def speak() -> None:
            setter(self.messages.text(key, **values))

        self._spoken[name] = speak
        speak()

    def retranslate(self) -> None:
        for speak in self._spoken.values():
            speak()

    def restyle(self) -> None:
        """Set again whatever depends on colours or text size."""
        if isinstance(self, QWidget):
            self.updateGeometry()
            self.update()


class Box(QBoxLayout):
    """A row or column whose margins (left, top, right, bottom) and gap follow the text size."""

    def __init__(
        self,
        theme: Theme,
        direction: QBoxLayout.Direction,
        margins: tuple[int, int, int, int] = (0, 0, 0, 0),
        gap: int = 0,
    ) -> None:
        super().__init__(direction)
        self._theme, self._margins, self._gap = theme, margins, gap
        self._spaces: list[tuple[QSpacerItem, int]] = []
        theme.changed.connect(self.rescale)
        self.rescale()

    def set_margins(self, margins: tuple[int, int, int, int]) -> None:
        self._margins = margins
        self.rescale()

    def space(self, size: int) -> None:
        """As ``addSpacing``, in px at 100 %."""
        spacer = QSpacerItem(0, 0, QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._spaces.append((spacer, size))
        self.addItem(spacer)
        self.rescale()

    def rescale(self) -> None:
        left, top, right, bottom = (self._theme.px(margin) for margin in self._margins)
        self.setContentsMargins(left, top, right, bottom)
        self.setSpacing(self._theme.px(self._gap))
        for spacer, size in self._spaces:
            spacer.changeSize(self._theme.px(size), self._theme.px(size))
        self.invalidate()


def column(theme: Theme, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0) -> Box:
    return Box(theme, QBoxLayout.Direction.TopToBottom, margins, gap)


def row(theme: Theme, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0) -> Box:
    return Box(theme, QBoxLayout.Direction.LeftToRight, margins, gap)


class Label(Part, QLabel):
    """Plain words, never rich text: words of others pass here.

    ``role`` is a key of FACES, ``tone`` a palette name; ``narrow`` keeps lines readable; ``least`` width in px.
    """

    def __init__(
        self,
        context: Context,
        role: str = "body",
        tone: str = "text",
        *,
        wrap: bool = True,
        narrow: bool = False,
        least: int = 0,
    ) -> None:
        super().__init__()
        self._role, self._tone, self._narrow, self._least = role, tone, narrow, least
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        self.begin(context)

    def set_tone(self, tone: str) -> None:
        self._tone = tone
        self.restyle()

    def restyle(self) -> None:
        self.setFont(self.theme.font(self._role))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, self.theme.color(self._tone))
        self.setPalette(palette)
        if self._least:
            self.setMinimumWidth(self.theme.px(self._least))
        if self._narrow:
            self.setMaximumWidth(self.fontMetrics().horizontalAdvance("漢") * TEXT_COLUMN)
        super().restyle()


def beside_nothing(theme: Theme, part: QWidget) -> Box:
    """``part`` at the left, as wide as it may be, without narrowing what stands above and below it."""
    layout = row(theme)
    layout.addWidget(part, 1000)
    layout.addStretch(1)
    return layout


class Picture(Part, QLabel):
    """A tinted icon. It has no name of its own: the words beside it say the same."""

    def __init__(self, context: Context, icon: str, tone: str = "primary", size: int = 20) -> None:
        super().__init__()
        self._icon, self._tone, self._size = icon, tone, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def set_icon(self, icon: str, tone: str) -> None:
        self._icon, self._tone = icon, tone
        self.restyle()

    def restyle(self) -> None:
        self.setPixmap(self.theme.icon(self._icon, self._tone, self._size, self))
        super().restyle()


class Panel(Part, QFrame):
    """A rounded surface. ``fill`` and ``edge`` are palette names; no edge with an empty name."""

    def __init__(self, context: Context, fill: str = "surface", edge: str = "line", radius: int = 14) -> None:
        super().__init__()
        self._fill, self._edge, self._radius = fill, edge, radius
        self.begin(context)

    def set_colours(self, fill: str, edge: str) -> None:
        self._fill, self._edge = fill, edge
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        edge = self.theme.color(self._edge) if self._edge else None
        if edge is None and self.theme.is_contrast():
            edge = self.theme.color("line")  # grounds are all one colour: an edge must tell panels apart
        fill_rounded(
            painter, QRectF(self.rect()), self.theme.color(self._fill), edge, self.theme.px(self._radius)
        )


class Bar(Part, QFrame):
    """A band across the window with one line towards the content: below it (head) or above it (foot)."""

    def __init__(self, context: Context, *, head: bool) -> None:
        super().__init__()
        self._head = head
        self.begin(context)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("surface"))
        level = self.height() - 1 if self._head else 0
        painter.fillRect(0, level, self.width(), 1, self.theme.color("line"))


def fill_rounded(
    painter: QPainter, area: QRectF, fill: QColor, edge: QColor | None, radius: float, width: float = 1.0
) -> None:
    """A rounded rectangle, its edge wholly inside ``area``."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    if edge is None:
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
    else:
        painter.setPen(QPen(edge, width))
        inset = width / 2
        area = area.adjusted(inset, inset, -inset, -inset)
    painter.drawRoundedRect(area, radius, radius)
