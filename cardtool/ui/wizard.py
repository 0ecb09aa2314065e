"""The wizard host: steps at the side, one page, its code at the bottom left, its buttons at the bottom right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QSize, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from cardtool.ui.announce import announce
from cardtool.ui.context import Context
from cardtool.ui.page import Page
from cardtool.ui.road import Road
from cardtool.ui.turns import Turns
from cardtool.ui.widgets.base import Bar, Box, Label, Part, Picture, beside_nothing, column, row
from cardtool.ui.widgets.buttons import PRIMARY, QUIET, SECONDARY, Button
from cardtool.ui.widgets.code_chip import CodeChip
from cardtool.ui.widgets.layouts import Scroll
from cardtool.ui.widgets.steps import StepLine, StepList

ROOM_FOR_STEPS = 860
"""Below this width, in px at 100 %, the steps collapse into one line."""

CONTENT_WIDTH = 760
ROOMY, TIGHT = (38, 32, 38, 28), (38, 18, 38, 18)
"""Margins of the page: left, top, right, bottom."""

FADE = 120
"""Milliseconds."""


class Fade(QWidget):
    """The page before, fading away over the page that came. Secrets on it are dots, as they were seen."""

    def __init__(self, over: QWidget, before: QPixmap) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(over.rect())
        self._before, self._strength = before, 1.0
        self._run = QVariantAnimation(self, duration=FADE, startValue=1.0, endValue=0.0)
        self._run.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._run.valueChanged.connect(self._weaken)
        self._run.finished.connect(self.deleteLater)
        self.show()
        self._run.start()

    def _weaken(self, strength: float) -> None:
        self._strength = strength
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setOpacity(self._strength)
        painter.drawPixmap(0, 0, self._before)


class ButtonBar(Bar):
    """Screen code, what is going on, Back, Cancel and the one filled button."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, head=False)
        self.code = CodeChip(context)
        self.help = Button(context, QUIET, "help")
        self.busy = Label(context, "small", "muted", wrap=False)
        self.busy.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.back = Button(context, QUIET, "arrow-left")
        self.cancel = Button(context, SECONDARY)
        self.primary = Button(context, PRIMARY)
        layout = row(context.theme, (26, 13, 26, 13), 12)
        layout.addWidget(self.code)
        layout.addWidget(self.help)
        layout.addWidget(self.busy, 1)
        for button in (self.back, self.cancel, self.primary):
            layout.addWidget(button)
        self._layout, self._tight = layout, False
        self.setLayout(layout)
        self.retranslate()

    def set_tight(self, tight: bool) -> None:
        self._tight = tight
        self._layout.set_margins((26, 7, 26, 7) if tight else (26, 13, 26, 13))
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        words = self.messages.text("header.help")
        self.help.setText("" if self._tight else words)
        self.help.setAccessibleName(words)
        self.help.setToolTip(words)
        self.help.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(280), super().minimumSizeHint().height())


class WizardHost(Part, QWidget):
    """Shows one page at a time. It knows nothing of flows: signals tell what was pressed."""

    back_pressed = Signal()
    leave_pressed = Signal()
    help_pressed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.page: Page | None = None
        self._road = Road("")
        self._before: QPixmap | None = None
        self._fade: Fade | None = None
        self._busy, self._held = "", False
        self._coming: tuple[Page, Road, Callable[[], object]] | None = None
        self._turns = Turns(self)
        self.steps, self.step_line = StepList(context), StepLine(context)
        self._mark = Picture(context, "circle-check", "good", 40)
        self._mark.hide()
        self._title = Label(context, "display")
        self._lead = Label(context, "body", "muted", narrow=True)
        self.bar = ButtonBar(context)
        self._scroll = Scroll(context, self._content(context))
        self.setLayout(self._arrange(context))
        self.begin(context)
        self.bar.back.clicked.connect(self.back_pressed)
        self.bar.cancel.clicked.connect(self._second)
        self.bar.primary.clicked.connect(self._submit)
        self.bar.help.clicked.connect(self.help_pressed)

    def _content(self, context: Context) -> QWidget:
        self._holder = QWidget()
        self._place = column(context.theme, (0, 22, 0, 0))
        self._holder.setLayout(self._place)
        content = QWidget()
        inner = column(context.theme, ROOMY, 4)
        self._inner = inner
        words = column(context.theme, gap=4)
        words.addWidget(self._title)
        words.addLayout(beside_nothing(context.theme, self._lead))
        head = row(context.theme, gap=16)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        inner.addWidget(self.step_line)
        inner.addLayout(head)
        inner.addWidget(self._holder)
        inner.addStretch(1)
        outer = row(context.theme)
        middle = QWidget()
        middle.setLayout(inner)
        middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._middle = middle
        outer.addWidget(middle, 1000)
        outer.addStretch(1)
        content.setLayout(outer)
        return content

    def _arrange(self, context: Context) -> Box:
        upper = row(context.theme)
        upper.addWidget(self.steps)
        upper.addWidget(self._scroll, 1)
        layout = column(context.theme)
        layout.addLayout(upper, 1)
        layout.addWidget(self.bar)
        return layout

    def bring(self, page: Page, road: Road, shown: Callable[[], object]) -> None:
        """As ``show_page`` in the next turns, since the page has just been made; then ``shown`` is called."""
        self.drop_coming()
        self._coming = page, road, shown
        self._turns.add(self._keep_before, self.settle)

    def settle(self) -> None:
        """Show what is coming at once."""
        self._turns.drop()
        if self._coming is not None:
            (page, road, shown), self._coming = self._coming, None
            self.show_page(page, road)
            shown()

    def drop_coming(self) -> None:
        """It is not wanted any more."""
        self._turns.drop()
        if self._coming is not None:
            self._coming[0].leave()
            self._coming[0].deleteLater()
            self._coming = self._before = None

    def show_page(self, page: Page, road: Road) -> None:
        """The page before is told to leave, and goes. ``road`` without pages shows no steps."""
        self._keep_before()
        self.clear()
        self.page, self._road = page, road
        self._place.addWidget(page)
        page.changed.connect(self._tell_buttons)
        page.show()
        self.set_busy("")
        self._scroll.verticalScrollBar().setValue(0)
        self._tell_all()
        if self._before is not None:
            self._fade, self._before = Fade(self, self._before), None
        self.take_focus()

    def _keep_before(self) -> None:
        """What fades away; nothing with reduced motion or while nothing is seen."""
        if self._fade is not None and isValid(self._fade):
            self._fade.hide()
            self._fade.deleteLater()
        self._fade = None
        seen = self.page is not None and self.isVisible()
        if self._before is None and seen and self.theme.motion():
            self._before = self.grab()

    def clear(self) -> None:
        """Away with the page, and with one that is coming; what was secret on it is wiped."""
        self.drop_coming()
        if self.page is not None:
            self.page.leave()
            self.page.changed.disconnect(self._tell_buttons)
            self._place.removeWidget(self.page)
            self.page.hide()
            self.page.deleteLater()
            self.page = None

    def refresh(self) -> None:
        """The same page was asked again."""
        self.set_busy("")
        self._tell_all()
        self.take_focus()

    def set_busy(self, words: str) -> None:
        """Something runs: nothing can be pressed but what leaves, and the words say what it is."""
        self._busy, self._held = words, False
        self.bar.busy.setText(words)
        if self.page is not None:
            self.page.setEnabled(not words)
        self._tell_buttons()

    def hold(self) -> None:
        """An answer is on its way: nothing more can be pressed, nothing is said yet."""
        self._held = True
        self._tell_buttons()

    def is_busy(self) -> bool:
        return self._held or bool(self._busy) or self._coming is not None

    def retranslate(self) -> None:
        super().retranslate()
        self._tell_all()

    def _tell_all(self) -> None:
        if self.page is None:
            return
        self._title.setText(self.page.title())
        self._lead.setText(self.page.lead())
        self._lead.setVisible(bool(self.page.lead()))
        mark = self.page.mark()
        self._mark.setVisible(mark is not None)
        if mark is not None:
            self._mark.set_icon(*mark)
        self.page.setAccessibleName(self.page.title())
        self.bar.code.show_code(self.page.code)
        self.steps.show_road(self._road)
        self.step_line.show_road(self._road)
        self._make_room()
        self._tell_buttons()

    def _tell_buttons(self) -> None:
        page, bar = self.page, self.bar
        if page is None:
            return
        bar.back.setText(self.messages.text("back"))
        bar.cancel.setText(page.cancel_words())
        bar.primary.setText(page.primary())
        bar.back.setVisible(page.can_go_back and self._road.place > 0)
        bar.back.setEnabled(not self.is_busy())
        bar.cancel.setVisible(bool(page.cancel_words()))
        bar.cancel.setEnabled(page.can_cancel)
        bar.primary.setVisible(bool(page.primary()))
        bar.primary.setEnabled(page.ready() and not self.is_busy())
        for button in (bar.back, bar.cancel, bar.primary):
            button.updateGeometry()

    def take_focus(self) -> None:
        """Once shown: to the first field, else to the safe button; the headline is read with it."""
        QTimer.singleShot(0, self, self._focus_now)

    def _focus_now(self) -> None:
        page = self.page
        if page is None or not self.isVisible():
            return
        announce(page, f"{page.title()}. {page.lead()}")
        # A second Enter in haste must not end what the first one began.
        cancel = None if self.is_busy() else self.bar.cancel
        places = (page.first_field(), self.bar.primary, cancel, self.bar.code)
        target = next(
            place for place in places if place is not None and place.isVisible() and place.isEnabled()
        )
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        if page.isAncestorOf(target):
            self._scroll.ensureWidgetVisible(target, 0, self.theme.px(64))

    def _second(self) -> None:
        if self.page is not None and not self.page.second():
            self.leave_pressed.emit()

    def _submit(self) -> None:
        if self.page is not None and self.page.ready() and not self.is_busy():
            self.page.submit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter presses the safe default, Esc asks to leave."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave_pressed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        taken = self.page is not None and self.page.enter()
        if not taken and self.bar.primary.isVisible():
            self.bar.primary.click()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._make_room()

    def restyle(self) -> None:
        self._middle.setMaximumWidth(self.theme.px(CONTENT_WIDTH + 2 * 38))
        super().restyle()
        self._make_room()

    def _make_room(self) -> None:
        roomy = self.width() >= self.theme.px(ROOM_FOR_STEPS)
        self._inner.set_margins(ROOMY if roomy else TIGHT)
        self.bar.set_tight(not roomy)
        has_steps = len(self._road.pages) > 1
        self.steps.setVisible(roomy and has_steps)
        self.step_line.setVisible(not roomy and has_steps)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(320), self.theme.px(240))
