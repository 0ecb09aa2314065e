"""What a long step is doing: its acts by name, their state in words, progress with elapsed and usual time."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Box, Label, Panel, Part, column, row
from cardtool.ui.widgets.strips import Badge

if TYPE_CHECKING:
    from cardtool.flows.ports import Act

TICK = 250
"""Milliseconds between two looks at the clock, only while an act runs."""

SHORT = 2.0
"""Acts that usually take less, in seconds, show no usual time."""

STATE_TONES = {
    "done": "good",
    "skipped": "good",
    "running": "primary",
    "waiting": "muted",
    "failed": "danger",
}


class ProgressBar(Part, QWidget):
    """Fills towards its end by experience: it never stands still and never claims to be done."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def set_share(self, share: float) -> None:
        self._share = share
        self.update()

    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(6))
        super().restyle()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color("line") if self.theme.is_contrast() else Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(self.theme.color("primary_pale"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setBrush(self.theme.color("primary"))
        painter.drawRoundedRect(
            QRectF(0, 0, max(self.width() * self._share, 2 * radius), self.height()), radius, radius
        )


def expected_share(elapsed: float, longest: float) -> float:
    """How full the bar is after ``elapsed`` s of an act that usually takes at most ``longest`` s: 0 to below 1."""
    return 1.0 - exp(-2.0 * elapsed / max(longest, 0.5))


class ActRow(Part, QWidget):
    """One act. ``state`` is a key of STATE_TONES."""

    def __init__(self, context: Context, act: Act) -> None:
        super().__init__()
        self.act, self.state = act, "waiting"
        self._elapsed = 0.0
        self._name = Label(context, "body")
        self._detail = Label(context, "small", "muted")
        self._badge = Badge(context, "muted")
        self._bar = ProgressBar(context)
        self._bar.hide()
        self.setLayout(self._arrange(context))
        self.begin(context)
        self.retranslate()

    def _arrange(self, context: Context) -> Box:
        words = column(context.theme, gap=1)
        words.addWidget(self._name)
        words.addWidget(self._detail)
        line = row(context.theme, gap=16)
        line.addLayout(words, 1)
        line.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = column(context.theme, (18, 12, 18, 12), 8)
        layout.addLayout(line)
        layout.addWidget(self._bar)
        return layout

    def set_state(self, state: str) -> None:
        self.state = state
        self._bar.setVisible(state == "running")
        self.retranslate()

    def tell_elapsed(self, elapsed: float) -> None:
        self._elapsed = elapsed
        self._bar.set_share(expected_share(elapsed, self.act.usual[1]))
        self._tell_detail()

    def retranslate(self) -> None:
        super().retranslate()
        name, state = self.messages.act(self.act.name), self.messages.text(f"acts.{self.state}")
        self._name.setText(name)
        self._badge.show_word(state, STATE_TONES[self.state])
        self.setAccessibleName(f"{name}, {state}")
        self._tell_detail()

    def _tell_detail(self) -> None:
        shortest, longest = (max(1, round(seconds)) for seconds in self.act.usual)
        usual = {"shortest": shortest, "longest": longest}
        if self.state == "running":
            words = self._running_words(usual)
        elif self.state == "waiting" and self.act.usual[1] > SHORT:
            words = self.messages.text("acts.usual", **usual)
        else:
            words = ""
        self._detail.setText(words)
        self._detail.setVisible(bool(words))

    def _running_words(self, usual: dict[str, int]) -> str:
        elapsed = int(self._elapsed)
        if elapsed > max(usual["longest"], 3):
            return self.messages.text("acts.longer", elapsed=elapsed)
        if self.act.usual[1] <= SHORT:
            return self.messages.text("acts.elapsed_short", elapsed=elapsed)
        return self.messages.text("acts.elapsed", elapsed=elapsed, **usual)


class ActList(Panel):
    """The acts of a working page. Only acts known beforehand are listed; ``started`` adds any other."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.rows: dict[str, ActRow] = {}
        self._running: ActRow | None = None
        self._since = 0.0
        self._layout = column(context.theme, (0, 4, 0, 4))
        self.setLayout(self._layout)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    def plan(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self._row(act)

    def start(self, act: Act) -> None:
        self._running, self._since = self._row(act), monotonic()
        self._running.tell_elapsed(0.0)
        self._running.set_state("running")
        self._say(self._running)
        self._timer.start()

    def finish(self, act: Act, *, skipped: bool) -> None:
        self._stop(self._row(act), "skipped" if skipped else "done")

    def fail(self) -> None:
        if self._running is not None:
            self._stop(self._running, "failed")

    def _stop(self, row_: ActRow, state: str) -> None:
        self._timer.stop()
        self._running = None
        row_.set_state(state)

    def _say(self, row_: ActRow) -> None:
        if self.isVisible():
            announce(self, row_.accessibleName())

    def _tick(self) -> None:
        if self._running is not None:
            self._running.tell_elapsed(monotonic() - self._since)

    def _row(self, act: Act) -> ActRow:
        if act.name not in self.rows:
            if self.rows:
                self._layout.addWidget(Separator(self.context))
            self.rows[act.name] = ActRow(self.context, act)
            self._layout.addWidget(self.rows[act.name])
        return self.rows[act.name]


class Separator(Part, QWidget):
    """A hair line."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setFixedHeight(1)
        self.begin(context)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        QPainter(self).fillRect(self.rect().adjusted(1, 0, -1, 0), self.theme.color("line"))
