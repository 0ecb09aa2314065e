"""A field for PINs and passwords. What is typed is never in the accessibility tree, not even while revealed."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cardtool.secret import Secret
from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Box, Label, Part, column, row
from cardtool.ui.widgets.buttons import Button, Kind
from cardtool.ui.widgets.fields import FIELD_WIDTH, TextField

REVEAL = Kind("surface", "primary", "edge", role="body", height=40, padding=11, radius=8)
DOT = "●"


class SecretLine(TextField):
    """Qt keeps ``echoMode`` Password all the time: accessible text stays masked. Revealing is painting only."""

    def __init__(self, context: Context) -> None:
        self._revealed = False
        super().__init__(context)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def reveal(self, shown: bool) -> None:
        self._revealed = shown
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self._revealed and self.text():
            self._paint_over()

    def _paint_over(self) -> None:
        painter = QPainter(self)
        inset = self.theme.px(10)
        area = QRect(inset, 3, self.width() - 2 * inset, self.height() - 6)
        painter.fillRect(area, self.theme.color("surface"))
        painter.setFont(self.theme.monospace(16))
        painter.setPen(self.theme.color("text"))
        painter.drawText(area.adjusted(3, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())


class SecretField(Part, QWidget):
    """Label, line, reveal-on-hold, how much is typed, warnings. ``take`` empties it into a Secret."""

    edited = Signal()
    submitted = Signal()

    def __init__(self, context: Context, key: str, minimum: int = 0, maximum: int = 0) -> None:
        """``minimum`` and ``maximum`` characters, for the count; 0 where there is no rule to show."""
        super().__init__()
        self._minimum, self._maximum = minimum, maximum
        self._caps = self._wide = False
        self._added: list[QWidget] = []
        self.label = Label(context, "small_strong")
        self.line = SecretLine(context)
        self.count = Label(context, "small", "muted")
        self.warning = Label(context, "small", "caution")
        self.warning.hide()
        self._reveal = Button(context, REVEAL, "eye")
        self._reveal.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.label.setBuddy(self.line)
        self.setFocusProxy(self.line)
        self.setLayout(self._arrange(context))
        self.begin(context)
        self.say(self.label.setText, key)
        self.say(self.line.setAccessibleName, key)
        self.say(self._reveal.setAccessibleName, "secret.reveal_name")
        self.say(self._reveal.setToolTip, "secret.reveal")
        self._connect()
        self._tell_count()

    def _arrange(self, context: Context) -> Box:
        beside = row(context.theme, gap=8)
        beside.addWidget(self.line, 1)
        beside.addWidget(self._reveal)
        layout = column(context.theme, gap=5)
        layout.addWidget(self.label)
        layout.addLayout(beside)
        self._below = row(context.theme, gap=12)
        self._below.addWidget(self.count, 1)
        layout.addLayout(self._below)
        layout.addWidget(self.warning)
        return layout

    def _connect(self) -> None:
        self.line.textChanged.connect(self._changed)
        self.line.returnPressed.connect(self.submitted)
        self._reveal.pressed.connect(lambda: self.line.reveal(True))
        self._reveal.released.connect(lambda: self.line.reveal(False))
        self.line.installEventFilter(self)

    def add_below(self, part: QWidget) -> None:
        """Beside the count, at the right: what one must see before typing."""
        self._below.addWidget(part)
        self._added.append(part)

    def set_typed_here(self, here: bool) -> None:
        """False hides everything but what was added below: the secret is typed elsewhere."""
        for part in (self.label, self.line, self._reveal, self.count):
            part.setVisible(here)
        self.setFocusProxy(self.line if here else None)  # type: ignore[arg-type] # a hidden one traps the Tab key
        for added in self._added:
            self._below.setAlignment(added, Qt.AlignmentFlag(0) if here else Qt.AlignmentFlag.AlignLeft)
        self.warning.setVisible(here and bool(self.warning.text()))

    def set_limits(self, minimum: int, maximum: int) -> None:
        self._minimum, self._maximum = minimum, maximum
        self._tell_count()

    def restyle(self) -> None:
        self.setMaximumWidth(self.theme.px(FIELD_WIDTH))
        super().restyle()

    def retranslate(self) -> None:
        super().retranslate()
        self._tell_count()
        self._tell_warning()

    def take(self) -> Secret:
        """What was typed, and an empty field. Qt's own copies cannot be wiped for certain (docs/security.md)."""
        secret = Secret(self.line.text())
        self.wipe()
        return secret

    def peek_length(self) -> int:
        return len(self.line.text())

    def wipe(self) -> None:
        """Overwrite, empty, and drop the undo history."""
        self.line.reveal(False)
        if self.line.text():
            self.line.setText(DOT * len(self.line.text()))
        self.line.clear()

    def fail(self) -> None:
        """The value was wrong: empty the field and put the focus here."""
        self.wipe()
        self.line.set_wrong(True)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self, text: str) -> None:
        self._wide = any(unicodedata.east_asian_width(character) in "WF" for character in text)
        if text:
            self.line.set_wrong(False)
        self._tell_count()
        self._tell_warning()
        self.edited.emit()

    def _tell_count(self) -> None:
        count = self.peek_length()
        if not count:
            words = self.messages.text("secret.empty")
        elif count < self._minimum and self._maximum == 0:
            words = self.messages.text("secret.typed", count=count, minimum=self._minimum)
        elif self._maximum:
            limits = {"minimum": self._minimum, "maximum": self._maximum}
            words = self.messages.text("secret.typed_rule", count=count, **limits)
        else:
            words = self.messages.text("secret.enough", count=count)
        self.count.setText(words)
        self.line.setAccessibleDescription(words)

    def _tell_warning(self) -> None:
        key = "secret.wide" if self._wide else "secret.caps" if self._caps else ""
        words = self.messages.text(key) if key else ""
        news = bool(words) and words != self.warning.text()
        self.warning.setText(words)
        self.warning.setVisible(bool(words))
        if news:
            announce(self.line, words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._notice_caps(event)
        elif isinstance(event, QInputMethodEvent) and event.preeditString():
            self._wide = True
            self._tell_warning()
        elif isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self.line.reveal(False)
        return super().eventFilter(watched, event)

    def _notice_caps(self, event: QKeyEvent) -> None:
        """Qt tells no lock state: a capital without Shift, or a small letter with it, gives it away."""
        if event.key() == Qt.Key.Key_CapsLock:
            self._caps = False
        elif event.text().isalpha() and event.text().isascii():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._caps = event.text().isupper() != shift
            self._tell_warning()
