"""Practice mode's own window: insert, pull and swap cards, move the clock, arm faults."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cardtool.errors import CardToolError
from cardtool.ui.card_thread import CardThread
from cardtool.ui.context import Context
from cardtool.ui.messages import day
from cardtool.ui.services import PracticeControls
from cardtool.ui.widgets.banner import PracticeBanner
from cardtool.ui.widgets.base import Box, Label, Panel, Part, column, row
from cardtool.ui.widgets.buttons import SECONDARY, Button
from cardtool.ui.widgets.fields import Combo, Labelled
from cardtool.ui.widgets.layouts import Fold, Scroll
from cardtool.ui.widgets.strips import Strip

CLOCK_STEPS = (("day", 1), ("month", 30), ("year", 365))


class Told(QObject):
    """What the panel's own thread found, on its way to the window's."""

    seen = Signal(object)


class PracticePanel(Part, QWidget):
    """Everything it does runs on a thread of its own: the practice world may take its time."""

    def __init__(self, context: Context, controls: PracticeControls) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._controls = controls
        self._thread = CardThread()
        self._told = Told()
        self._told.seen.connect(self._show)
        self.strip = Strip(context)
        self.state, self.people = Label(context, "body"), Label(context, "small", "muted")
        self.reader, self.card, self.fault = Combo(context), Combo(context), Combo(context)
        self._actions: list[Button] = []
        self.begin(context)
        self.setLayout(self._arrange())
        self.say(self.setWindowTitle, "practice.panel")
        self.resize(context.theme.px(560), context.theme.px(640))
        self._do(lambda: None)

    def _arrange(self) -> Box:
        content = QWidget()
        inner = column(self.theme, (24, 20, 24, 20), 14)
        inner.addWidget(self.strip)
        inner.addWidget(self._section("practice.reader", self.state, *self._reader_parts()))
        inner.addWidget(self._section("practice.clock", self._clock_buttons()))
        inner.addWidget(self._section("practice.faults", *self._fault_parts()))
        inner.addWidget(self._section("practice.accounts", self.people))
        inner.addStretch(1)
        content.setLayout(inner)
        layout = column(self.theme)
        layout.addWidget(PracticeBanner(self.context))
        layout.addWidget(Scroll(self.context, content), 1)
        return layout

    def _section(self, key: str, *parts: QWidget) -> Panel:
        title = Label(self.context, "strong")
        self.say(title.setText, key)
        inner = column(self.theme, (18, 14, 18, 16), 10)
        inner.addWidget(title)
        for part in parts:
            inner.addWidget(part)
        panel = Panel(self.context)
        panel.setLayout(inner)
        return panel

    def _reader_parts(self) -> tuple[QWidget, ...]:
        reader = Labelled(self.context, self.reader, "practice.choose_reader")
        card = Labelled(self.context, self.card, "practice.choose_card")
        self.insert = self._button("practice.insert", self._insert)
        self.remove = self._button("practice.remove", self._remove)
        self.second = self._button("practice.second", lambda: self._do(self._controls.plug_reader))
        return reader, card, self._row(self.insert, self.remove), self._row(self.second)

    def _clock_buttons(self) -> QWidget:
        buttons = [
            self._button(f"practice.{name}", partial(self._do, partial(self._controls.advance, days)))
            for name, days in CLOCK_STEPS
        ]
        return Fold(self.context, buttons, ((420, 3),), 8)

    def _fault_parts(self) -> tuple[QWidget, ...]:
        fault = Labelled(self.context, self.fault, "practice.fault")
        self.arm = self._button("practice.arm", self._arm)
        self.clear = self._button("practice.clear", lambda: self._do(self._controls.clear_faults))
        return fault, self._row(self.arm, self.clear)

    def _row(self, *buttons: Button) -> QWidget:
        holder = QWidget()
        beside = row(self.theme, gap=8)
        for button in buttons:
            beside.addWidget(button)
        beside.addStretch(1)
        holder.setLayout(beside)
        return holder

    def _button(self, key: str, act: Callable[[], None]) -> Button:
        button = Button(self.context, SECONDARY)
        self.say(button.setText, key)
        button.clicked.connect(lambda _checked: act())
        self._actions.append(button)
        return button

    def _insert(self) -> None:
        self._do(partial(self._controls.insert, self.reader.currentData(), self.card.currentText()))

    def _remove(self) -> None:
        self._do(partial(self._controls.remove, self.reader.currentData()))

    def _arm(self) -> None:
        self._do(partial(self._controls.arm, self.fault.currentData()))

    def _do(self, act: Callable[[], None]) -> None:
        """One thing at a time; afterwards the panel shows the world as it is then."""
        for button in self._actions:
            button.setEnabled(False)
        self._thread.submit(lambda: self._told.seen.emit(self._act(act)))

    def _act(self, act: Callable[[], None]) -> CardToolError | tuple[object, ...]:
        controls = self._controls
        try:
            act()
            return (
                controls.readers(),
                controls.cards(),
                controls.fault_names(),
                controls.people(),
                controls.now(),
            )
        except CardToolError as error:
            return error

    def _show(self, seen: CardToolError | tuple[object, ...]) -> None:
        for button in self._actions:
            button.setEnabled(True)
        if isinstance(seen, CardToolError):
            self.strip.show_error(self.messages.error(seen))
            return
        self.strip.show_words("")
        self._seen = seen
        self._tell()

    def retranslate(self) -> None:
        super().retranslate()
        self._tell()

    def _tell(self) -> None:
        seen = getattr(self, "_seen", None)
        if seen is None:
            return
        readers, cards, faults, people, now = seen
        empty = self.messages.text("practice.card_out")
        self._fill(self.reader, [(f"{name} · {card or empty}", name) for name, card in readers])
        self._fill(self.card, [(name, name) for name in cards])
        self._fill(self.fault, [(self.messages.text(f"fault.{name}"), name) for name in faults])
        self.state.setText(self.messages.text("practice.state", date=day(now)))
        lines = [
            self.messages.text("practice.account", account=account, password=password, pin=pin)
            for account, password, pin in people
        ]
        self.people.setText("\n".join(lines))

    def _fill(self, combo: Combo, items: list[tuple[str, str]]) -> None:
        chosen = combo.currentData()
        combo.clear()
        for words, value in items:
            combo.addItem(words, value)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        QPainter(self).fillRect(self.rect(), self.theme.color("background"))

    def end(self) -> None:
        """The main window closes: so does this one, for good."""
        self._thread.end()
        self.close()
