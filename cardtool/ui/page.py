"""A page of a wizard: what it says, what it holds, what its one filled button does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cardtool.errors import CardToolError
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Label, Part, column
from cardtool.ui.widgets.strips import Strip

if TYPE_CHECKING:
    from cardtool.flows.ports import Act, PinOnReader


class Page(Part, QWidget):
    """Headline and sentence come from the words of its screen code unless a page says otherwise."""

    answered = Signal(object)
    changed = Signal()
    started = Signal(str)

    can_go_back = True
    can_cancel = True
    dirty = False
    """Something was typed that would be thrown away by leaving."""

    def __init__(self, context: Context, code: str) -> None:
        super().__init__()
        self.code = code
        self._on_reader: PinOnReader | None = None
        self.strip = Strip(context)
        self.layout_ = column(context.theme, gap=16)
        self.layout_.addWidget(self.strip)
        self.setLayout(self.layout_)
        self.begin(context)

    def title(self) -> str:
        return self.messages.page(self.code).title

    def lead(self) -> str:
        return self.messages.page(self.code).lead

    def mark(self) -> tuple[str, str] | None:
        """A large icon and its tone beside the headline, on pages that tell how something ended."""
        return None

    def primary(self) -> str:
        """The filled button's words; empty for none."""
        return ""

    def cancel_words(self) -> str:
        return self.messages.text("cancel")

    def ready(self) -> bool:
        """Whether the filled button may be pressed."""
        return True

    def submit(self) -> None:
        """The filled button was pressed while ``ready``."""

    def second(self) -> bool:
        """The quiet button beside the filled one was pressed; True if the page takes it for something of its own."""
        return False

    def enter(self) -> bool:
        """Enter was pressed in a field; True if the page takes it for something else than the filled button."""
        return False

    def first_field(self) -> QWidget | None:
        """Where the focus goes when the page comes."""
        return None

    def act_started(self, _act: Act, /) -> bool:
        """False: the page lists no acts, so the bar below says what is being done."""
        return False

    def act_finished(self, _act: Act, /, *, skipped: bool) -> None:
        """After ``act_started`` was true."""

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        """The reader's keypad waits for the PIN; None: no more."""
        self._on_reader = wanted
        self.strip.show_words("")
        self._tell_of_reader(aloud=True)

    def retranslate(self) -> None:
        super().retranslate()
        self._tell_of_reader(aloud=False)

    def _tell_of_reader(self, *, aloud: bool) -> None:
        wanted = self._on_reader
        if wanted is not None:
            key = "pin.type_on_reader" if wanted.of is None else "pin.type_on_reader_of"
            words = self.messages.text(key, number=wanted.number, of=wanted.of or 0)
            self.strip.show_words(words, "caution", aloud=aloud)

    def cards_changed(self) -> None:
        """A card or reader came or went."""

    def subject(self) -> tuple[str, str]:
        """Screen and error code ('' for none) that a support report asked for here is about."""
        return self.code, ""

    def leave(self) -> None:
        """The page goes: wipe what is secret."""


class QuestionPage(Page):
    """Bound to one type of question. The same page is asked again with ``error`` set."""

    def __init__(self, context: Context, question: Any) -> None:
        self.question = question
        super().__init__(context, question.page)
        self.build()
        self.ask(question)

    def build(self) -> None:
        """Make the widgets, once."""

    def tell_of_letter(self) -> None:
        """In practice mode: where those find what others have in a letter."""
        if self.context.practice:
            words = Label(self.context, "small", "muted")
            self.say(words.setText, "practice.letter")
            self.layout_.addWidget(words)

    def fill(self) -> None:
        """Put in what ``self.question`` holds, each time it is asked."""

    def ask(self, question: Any) -> None:
        self.question = question
        self.fill()
        self.show_error(question.error)

    def show_error(self, error: CardToolError | None) -> None:
        if error is None:
            self.strip.show_words("")
        else:
            self.strip.show_error(self.messages.error(error))

    def subject(self) -> tuple[str, str]:
        return self.code, self.question.error.code if self.question.error else ""

    def retranslate(self) -> None:
        super().retranslate()
        if self.question.error is not None:
            self.strip.show_error(self.messages.error(self.question.error), aloud=False)
