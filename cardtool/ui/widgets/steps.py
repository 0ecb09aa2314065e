"""The steps of a wizard by name: a column at the side, one line where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.road import Road
from cardtool.ui.widgets.base import Label, Part, column

WIDTH = 236


class Step(Part, QWidget):
    """A number in a ring (a tick when done) and the step's name."""

    def __init__(self, context: Context, number: int, page: str) -> None:
        super().__init__()
        self._number, self._page, self._state = number, page, "ahead"
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.begin(context)
        self.retranslate()

    def set_state(self, state: str) -> None:
        """``done``, ``current`` or ``ahead``."""
        if state != self._state:
            self._state = state
            self.restyle()
            self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        state = self.messages.text(f"wizard.{self._state}")
        self.setAccessibleName(f"{self._number} {self.messages.page(self._page).step}, {state}")
        self.update()

    def restyle(self) -> None:
        self.setFont(self.theme.font("strong" if self._state == "current" else "body"))
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(
            self.theme.px(120), max(self.theme.px(38), self.fontMetrics().height() + self.theme.px(8))
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self.theme.px(24)
        ring = QRectF(0.5, (self.height() - size) / 2, size, size)
        self._paint_ring(painter, ring)
        painter.setFont(self.font())
        painter.setPen(self.theme.color("text" if self._state == "current" else "muted"))
        left = size + self.theme.px(12)
        room = self.width() - left
        name = self.messages.page(self._page).step
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_ring(self, painter: QPainter, ring: QRectF) -> None:
        current, done = self._state == "current", self._state == "done"
        fill = "primary" if current else "good_pale" if done else "surface"
        ink = "on_primary" if current else "good" if done else "muted"
        edge = "primary" if current else "good" if done else "line"
        painter.setBrush(self.theme.color(fill))
        painter.setPen(QPen(self.theme.color(edge), 1.2))
        painter.drawEllipse(ring.adjusted(0.6, 0.6, -0.6, -0.6))
        painter.setPen(self.theme.color(ink))
        if done:
            side = self.theme.px(14)
            corner = ring.center() - QPointF(side / 2, side / 2)
            painter.drawPixmap(corner.toPoint(), self.theme.icon("check", "good", 14, self))
        else:
            painter.setFont(self.theme.font("small_strong" if current else "small"))
            painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, str(self._number))


class StepList(Part, QWidget):
    """The column at the side: the wizard's name and its steps."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._wizard = ""
        self._pages: tuple[str, ...] = ()
        self._steps: list[Step] = []
        self._title = Label(context, "title")
        self._holder = QWidget()
        layout = column(context.theme, (22, 34, 18, 20), 14)
        layout.addWidget(self._title)
        layout.addWidget(self._holder)
        layout.addStretch(1)
        self._layout = layout
        self.setLayout(layout)
        self.begin(context)

    def show_road(self, road: Road) -> None:
        wanted = road.wizard, tuple(road.pages)
        if (self._wizard, self._pages) != wanted:
            self._wizard, self._pages = wanted
            self._make_steps()
            self.retranslate()
        for place, step in enumerate(self._steps):
            step.set_state("done" if place < road.place else "current" if place == road.place else "ahead")

    def _make_steps(self) -> None:
        self._steps = [Step(self.context, place, page) for place, page in enumerate(self._pages, 1)]
        holder, layout = QWidget(), column(self.theme)
        for step in self._steps:
            layout.addWidget(step)
        holder.setLayout(layout)
        self._layout.replaceWidget(self._holder, holder)
        self._holder.hide()
        self._holder.deleteLater()
        self._holder = holder

    def restyle(self) -> None:
        self.setFixedWidth(self.theme.px(WIDTH))
        super().restyle()

    def retranslate(self) -> None:
        super().retranslate()
        if self._wizard:
            self._title.setText(self.messages.text(f"task.{self._wizard}"))
        self.setAccessibleName(self.messages.text("wizard.steps"))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("raised"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), self.theme.color("line"))


class StepLine(Part, QWidget):
    """ "Step 2 of 5: Card PIN" above the headline, with a bar of as many parts as there are steps."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._road = Road("")
        self._label = Label(context, "small_strong", "primary")
        layout = column(context.theme, (0, 0, 0, 22), 6)
        layout.addWidget(self._label)
        self.setLayout(layout)
        self.begin(context)

    def show_road(self, road: Road) -> None:
        self._road = road
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        if self._road.current:
            name = self.messages.page(self._road.current).step
            place = {"number": self._road.place + 1, "steps": len(self._road.pages)}
            self._label.setText(self.messages.text("wizard.step_name", name=name, **place))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        count, gap, height = max(1, len(self._road.pages)), self.theme.px(4), self.theme.px(4)
        width = (self.width() - gap * (count - 1)) / count
        for place in range(count):
            painter.setBrush(self.theme.color("primary" if place <= self._road.place else "line"))
            part = QRectF(place * (width + gap), self.height() - self.theme.px(16), width, height)
            painter.drawRoundedRect(part, height / 2, height / 2)
