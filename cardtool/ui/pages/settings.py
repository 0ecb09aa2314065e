"""SET-1: language, appearance and text size at once; RA address, reader and log level when saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cardtool.config import LogLevel, Settings
from cardtool.config import Theme as Appearance
from cardtool.errors import ArgumentInvalid
from cardtool.ra.address import RaAddress
from cardtool.ui.context import Context
from cardtool.ui.page import Page
from cardtool.ui.theme import APPEARANCES
from cardtool.ui.tokens import TEXT_SIZES
from cardtool.ui.turns import Turns
from cardtool.ui.widgets.base import Label, Part, column
from cardtool.ui.widgets.fields import Combo, Labelled, Segments, TextField

LANGUAGE_NAMES = {"zh_TW": "中文", "en": "English"}
"""Each in its own language, so that one can find one's way back."""

LOG_LEVELS = (LogLevel.ERROR, LogLevel.INFO, LogLevel.DEBUG)


def is_ra_address(text: str) -> bool:
    try:
        RaAddress.parse(text)
    except ArgumentInvalid:
        return False
    return True


class Titled(Part, QWidget):
    """A name above a row of choices; the group has the name for screen readers."""

    def __init__(self, context: Context, key: str, choices: Segments) -> None:
        super().__init__()
        self.choices = choices
        title = Label(context, "small_strong")
        layout = column(context.theme, gap=6)
        layout.addWidget(title)
        layout.addWidget(choices)
        self.setLayout(layout)
        self.begin(context)
        self.say(title.setText, key)
        self.say(choices.setAccessibleName, key)


class SettingsPage(Page):
    """``look_chosen`` with the new settings whenever the look changes; ``saved`` with all of them."""

    look_chosen = Signal(object)
    saved = Signal(object)
    can_go_back = False

    def __init__(self, context: Context, settings: Settings, readers: Sequence[str]) -> None:
        super().__init__(context, "SET-1")
        self.settings = settings
        self._turns = Turns(self)
        self._readers = tuple(dict.fromkeys((*readers, *([settings.reader] if settings.reader else ()))))
        self._build_look()
        self._build_connection()
        self.retranslate()

    def _build_look(self) -> None:
        context = self.context
        self.language = Segments(context, tuple(LANGUAGE_NAMES))
        self.appearance = Segments(context, APPEARANCES)
        self.text_size = Segments(context, [str(size) for size in TEXT_SIZES])
        for choices, key in (
            (self.language, "settings.language"),
            (self.appearance, "settings.appearance"),
            (self.text_size, "settings.text_size"),
        ):
            self.layout_.addWidget(Titled(context, key, choices))
        self.language.choose(self.messages.language)
        self.appearance.choose(self.theme.appearance)
        self.text_size.choose(str(self.theme.text_size))
        self.language.chosen.connect(lambda value: self._look(replace(self.settings, language=value)))
        self.appearance.chosen.connect(
            lambda value: self._look(replace(self.settings, theme=Appearance(value)))
        )
        self.text_size.chosen.connect(lambda value: self._look(replace(self.settings, text_size=int(value))))

    def _build_connection(self) -> None:
        context = self.context
        self.address, self.reader, self.log = TextField(context), Combo(context), Combo(context)
        self.address.setText(self.settings.ra_url)
        self.address.textChanged.connect(self._address_edited)
        place = Labelled(context, self.address, "settings.ra", "settings.ra_hint")
        self.layout_.addWidget(place)
        place.setVisible(not context.practice)  # practice mode has an RA of its own
        self.layout_.addWidget(Labelled(context, self.reader, "settings.reader"))
        self.layout_.addWidget(Labelled(context, self.log, "settings.log"))

    def retranslate(self) -> None:
        super().retranslate()
        if not hasattr(self, "log"):
            return
        for value, button in self.language.buttons.items():
            button.setText(LANGUAGE_NAMES[value])
        for value, button in self.appearance.buttons.items():
            button.setText(self.messages.text(f"appearance.{value}"))
        for value, button in self.text_size.buttons.items():
            button.setText(f"{value} %")
        self._fill(self.reader, [("", self.messages.text("settings.reader_any"))], self.settings.reader)
        levels = [(level.value, self.messages.text(f"settings.log_{level.value}")) for level in LOG_LEVELS]
        self._fill(self.log, levels, self.settings.log_level.value)

    def _fill(self, combo: Combo, items: Sequence[tuple[str, str]], default: str) -> None:
        chosen = combo.currentData() if combo.count() else default
        combo.clear()
        readers = [(name, name) for name in self._readers] if combo is self.reader else []
        for value, words in (*items, *readers):
            combo.addItem(words, value)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))

    def _look(self, settings: Settings) -> None:
        """In the next turn: who runs along the choices by arrow key has the last one applied."""
        self.settings = settings
        self._turns.drop()
        self._turns.add(lambda: self.look_chosen.emit(self.settings))

    def leave(self) -> None:
        self._turns.finish()

    def _address_edited(self) -> None:
        self.dirty = True
        self.address.set_wrong(False)
        self.strip.show_words("")

    def primary(self) -> str:
        return self.messages.text("settings.save")

    def submit(self) -> None:
        self._turns.finish()
        address = self.address.text().strip().rstrip("/")
        if address and not is_ra_address(address) and address != self.settings.ra_url:
            self.address.set_wrong(True)
            self.strip.show_words(self.messages.text("settings.ra_wrong"), "danger", aloud=True)
            self.address.setFocus()
            return
        self.settings = replace(
            self.settings,
            ra_url=address,
            reader=str(self.reader.currentData() or ""),
            log_level=LogLevel(self.log.currentData()),
        )
        self.saved.emit(self.settings)

    def first_field(self) -> QWidget | None:
        chosen = (button for button in self.language.buttons.values() if button.isChecked())
        return next(chosen, None)
