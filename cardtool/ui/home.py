"""The home screen: a picture of the card, one next action, everything else quiet (spec 2.2)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.home_state import GROUPS, Row, Task, choose, wizard_of
from cardtool.ui.home_view import HomeView
from cardtool.ui.messages import Value, day
from cardtool.ui.widgets.base import Box, Label, Panel, Part, beside_nothing, column, row
from cardtool.ui.widgets.buttons import PRIMARY, SECONDARY, TASK, Button
from cardtool.ui.widgets.card_picture import CardPicture
from cardtool.ui.widgets.foot import Foot
from cardtool.ui.widgets.header import Header
from cardtool.ui.widgets.layouts import Fold, Scroll
from cardtool.ui.widgets.strips import Badge
from cardtool.ui.widgets.tries import Tries

SHOWS_CARD = range(11, 25)
"""Rows that leave the card readable: "show card" stands beside the primary action."""


class NextStep(Panel):
    """What is the matter and the one filled button that goes on from it."""

    started = Signal(str)
    explained = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._row: Row | None = None
        self._view: HomeView | None = None
        self._over = Label(context, "small_strong", "muted")
        self._title = Label(context, "display")
        self._lead = Label(context, "body", "muted", narrow=True)
        self.primary = Button(context, PRIMARY)
        self.secondary = Button(context, SECONDARY)
        self._tries = Tries(context, "tries.pin_left")
        self.setLayout(self._arrange(context))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.primary.hide()
        self.secondary.hide()
        self._tries.hide()
        self.retranslate()
        self.primary.clicked.connect(self._act)
        self.secondary.clicked.connect(lambda: self.started.emit("CRD"))

    def _arrange(self, context: Context) -> Box:
        layout = column(context.theme, (26, 22, 26, 24))
        layout.addWidget(self._over)
        layout.space(2)
        layout.addWidget(self._title)
        layout.space(4)
        layout.addLayout(beside_nothing(context.theme, self._lead))
        layout.addStretch(1)
        layout.space(18)
        actions = Fold(
            context, (self._buttons(context), self._tries), ((430, 2),), gap=12, stretch=(1, 0), fill=True
        )
        layout.addWidget(actions)
        return layout

    def _buttons(self, context: Context) -> QWidget:
        holder = QWidget()
        layout = row(context.theme, gap=12)
        layout.addWidget(self.primary)
        layout.addWidget(self.secondary)
        layout.addStretch(1)
        holder.setLayout(layout)
        return holder

    def show_view(self, view: HomeView) -> None:
        self._view, card = view, view.card
        if (
            self._row is None or not view.reading
        ):  # the one button stays while a card is read: it has the focus
            self._row = choose(view.state)
        self.primary.show()
        self._tries.setVisible(card is not None and (card.tries_left is not None))
        if card is not None:
            self._tries.set_tries(card.tries_left, card.tries)
        self.secondary.setVisible(card is not None and self._row.number in SHOWS_CARD)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self._over.setText(self.messages.text("home.next"))
        if self._row is None or self._view is None or self._view.reading:
            self._title.setText(self.messages.text("home.looking"))
            self._lead.setText(self.messages.text("home.looking_lead"))
            return
        base, values = f"row.{self._row.name}", values_of(self._row, self._view)
        self._title.setText(self.messages.text(f"{base}.title", **values))
        self._lead.setText(self.messages.text(f"{base}.lead", **values))
        self.primary.setText(self.messages.text(f"{base}.action", **values))
        self.secondary.setText(self.messages.text("home.also"))
        self.primary.updateGeometry()

    def _act(self) -> None:
        if self._row is None or self._view is None:
            return
        if self._row.explains is not None:
            self.explained.emit(self._row.explains)
        else:
            self.started.emit(wizard_of(self._row, self._view.state))


def values_of(row_shown: Row, view: HomeView) -> dict[str, Value]:
    """What the words of the row name; no more, for a value also chooses between variants of words."""
    validity = view.card.validity if view.card else None
    days = (validity.until - view.now).days if validity else None
    values = {"cards": view.state.cards, "days": days, "until": day(validity.until) if validity else None}
    return {name: values[name] for name in row_shown.names}


class TaskGroup(Part, QWidget):
    """One of the four quiet groups."""

    started = Signal(str)

    def __init__(self, context: Context, name: str, tasks: tuple[Task, ...]) -> None:
        super().__init__()
        self._title = Label(context, "small_strong", "muted")
        layout = column(context.theme)
        head = row(context.theme, (10, 0, 0, 6))
        head.addWidget(self._title)
        layout.addLayout(head)
        self.begin(context)
        self.say(self._title.setText, f"home.group.{name}")
        self.buttons = {task.wizard: self._button(task) for task in tasks}
        for button in self.buttons.values():
            layout.addWidget(button)
        layout.addStretch(1)
        self.setLayout(layout)
        self.say(self.setAccessibleName, f"home.group.{name}")

    def _button(self, task: Task) -> Button:
        button = Button(self.context, TASK, task.icon)
        self.say(button.setText, f"task.{task.wizard}")
        button.clicked.connect(lambda: self.started.emit(task.wizard))
        return button


class Notices(Panel):
    """The newest notice of the RA; hidden while there is none."""

    opened = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context, radius=10)
        self._badge = Badge(context)
        self._words = Label(context, "body")
        layout = row(context.theme, (16, 10, 16, 10), 14)
        layout.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        self.setLayout(layout)
        self.retranslate()
        self.hide()

    def show_notices(self, notices: tuple[str, ...]) -> None:
        self._words.setText(notices[0] if notices else "")
        self.setVisible(bool(notices))

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "_badge"):
            self._badge.show_word(self.messages.text("home.notice"), "primary")


class Home(Part, QWidget):
    """``started`` with a wizard's code, ``explained`` with a class of error whose words are the answer."""

    started = Signal(str)
    explained = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._view: HomeView | None = None
        self.header, self.foot = Header(context), Foot(context)
        self.card, self.next_step = CardPicture(context), NextStep(context)
        self.groups = [TaskGroup(context, name, tasks) for name, tasks in GROUPS.items()]
        self.notices = Notices(context)
        self._support = Label(context, "small", "muted")
        layout = column(context.theme)
        layout.addWidget(self.header)
        layout.addWidget(Scroll(context, self._content(context)), 1)
        layout.addWidget(self.foot)
        self.setLayout(layout)
        self._connect()
        self.begin(context)

    def _content(self, context: Context) -> QWidget:
        content = QWidget()
        layout = column(context.theme, (32, 28, 32, 24), 22)
        layout.addWidget(
            Fold(context, (self.card, self.next_step), ((740, 2),), 28, (0, 1), fill=True, last_first=True)
        )
        layout.addWidget(Fold(context, self.groups, ((860, 4), (430, 2)), gap=16))
        layout.addWidget(self.notices)
        layout.addStretch(1)
        layout.addWidget(self._support)
        content.setLayout(layout)
        return content

    def _connect(self) -> None:
        self.header.started.connect(self.started)
        self.next_step.started.connect(self.started)
        self.next_step.explained.connect(self.explained)
        for group in self.groups:
            group.started.connect(self.started)

    def show_view(self, view: HomeView) -> None:
        first, self._view = self._view is None, view
        absent = "card.absent" if view.state.cards == 0 else "card.unread"
        absent = "card.reading" if view.reading else absent
        self.card.show_face(view.card, view.now, absent)
        self.next_step.show_view(view)
        self.notices.show_notices(view.notices)
        self.header.show_view(view)
        self.foot.show_lamps(view.lamps)
        self.retranslate()
        if first:
            self.take_focus()

    def take_focus(self) -> None:
        self.next_step.primary.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        super().retranslate()
        support = self._view.support if self._view else None
        self._support.setVisible(support is not None)
        if support is not None:
            hours = self.messages.pick(support.hours)
            self._support.setText(self.messages.text("home.support", phone=support.phone, hours=hours))
