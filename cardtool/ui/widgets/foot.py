"""The foot of the home screen: screen code, lamps in words, language and appearance."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.home_view import Lamp, Light
from cardtool.ui.widgets.base import Bar, Label, Part, row
from cardtool.ui.widgets.buttons import QUIET, Button
from cardtool.ui.widgets.code_chip import CodeChip

TONES = {Light.GOOD: "good", Light.CAUTION: "caution", Light.DANGER: "danger", Light.OFF: "muted"}
APPEARANCE_ICONS = {"system": "device-desktop", "light": "sun", "dark": "moon", "contrast": "contrast"}
OTHER_LANGUAGE = {"zh_TW": ("en", "English"), "en": ("zh_TW", "中文")}
ROOM_FOR_LAMPS = 900


class Dot(Part, QWidget):
    """A small filled dot; the words beside it say the same."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._tone = "muted"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def set_tone(self, tone: str) -> None:
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(9), self.theme.px(9))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color(self._tone))
        painter.setBrush(self.theme.color(self._tone))
        radius = self.width() / 2 - 0.5
        painter.drawEllipse(QPointF(self.width() / 2, self.height() / 2), radius, radius)


class LampView(Part, QWidget):
    """One lamp: dot and words."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._lamp: Lamp | None = None
        self._dot = Dot(context)
        self._label = Label(context, "small", "muted", wrap=False)
        layout = row(context.theme, gap=7)
        layout.addWidget(self._dot)
        layout.addWidget(self._label)
        self.setLayout(layout)
        self.begin(context)
        self.hide()  # nothing is known yet

    def show_lamp(self, lamp: Lamp | None) -> None:
        self._lamp = lamp
        self.setVisible(lamp is not None)
        if lamp is not None:
            self._dot.set_tone(TONES[lamp.light])
            self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        if self._lamp is not None:
            own = self._lamp.values.get("name")
            words = str(own) if own else self.messages.text(f"foot.{self._lamp.words}", **self._lamp.values)
            self._label.setText(words)
            self.setAccessibleName(words)


class Foot(Bar):
    """``language_chosen`` and ``appearance_pressed`` are for the window; the foot changes nothing itself."""

    language_chosen = Signal(str)
    appearance_pressed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context, head=False)
        self.code = CodeChip(context)
        self._lamps = [LampView(context) for _ in range(4)]
        self._language = Button(context, QUIET, "language")
        self._appearance = Button(context, QUIET, "sun")
        layout = row(context.theme, (32, 5, 22, 5), 18)
        layout.addWidget(self.code)
        for lamp in self._lamps:
            layout.addWidget(lamp)
        layout.addStretch(1)
        layout.addWidget(self._appearance)
        layout.addWidget(self._language)
        self.setLayout(layout)
        self.code.show_code("HOME")
        self._language.clicked.connect(
            lambda: self.language_chosen.emit(OTHER_LANGUAGE[self.messages.language][0])
        )
        self._appearance.clicked.connect(self.appearance_pressed)
        self.retranslate()

    def show_lamps(self, lamps: Sequence[Lamp]) -> None:
        for place, view in enumerate(self._lamps):
            view.show_lamp(lamps[place] if place < len(lamps) else None)
        self._make_room()

    def retranslate(self) -> None:
        super().retranslate()
        self._language.setText(OTHER_LANGUAGE[self.messages.language][1])
        self._language.setAccessibleName(self.messages.text("foot.language"))
        appearance = self.messages.text(f"appearance.{self.theme.appearance}")
        self._appearance.setText(appearance)
        self._appearance.setAccessibleName(self.messages.text("foot.theme", name=appearance))
        self._make_room()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "_appearance"):
            self._appearance.set_icon_name(APPEARANCE_ICONS[self.theme.appearance])
            self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._make_room()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(280), super().minimumSizeHint().height())

    def _make_room(self) -> None:
        """Lamps that do not fit step aside, the last first: the home screen's own words say the same."""
        px = self.theme.px
        room = (
            self.width()
            - px(32 + 22 + 18 * 3)
            - sum(part.sizeHint().width() for part in (self.code, self._language, self._appearance))
        )
        for view in self._lamps:
            if view._lamp is None:
                continue
            room -= view.sizeHint().width() + px(18)
            view.setVisible(room >= 0)
