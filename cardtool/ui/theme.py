"""The look of the whole window: colours, type scale and spacing, switched while it runs.

Whatever the first frame needs must not touch ``Qt``: PySide makes its hundred enumerations when it is first
asked for, also by a pen or brush of a colour; that takes a seventh of a bare window's start. Hence ``QtCore.Qt``
where it is used later only, and ``brush_of``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from cardtool.ui import tokens
from cardtool.ui.tokens import FACES, Palette

if TYPE_CHECKING:
    from PySide6.QtGui import QAccessibilityHints, QStyleHints

    from cardtool.ui.icons import Icons

APPEARANCES = ("system", "light", "dark", "contrast")

SheetOf = Callable[[Palette, Callable[[float], int]], str]

MIDDLE = 128
"""A ground darker than this (0 to 255) is a dark one."""

_ROLES = {
    QPalette.ColorRole.Window: "background",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "raised",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.Highlight: "primary",
    QPalette.ColorRole.HighlightedText: "on_primary",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Link: "primary",
}


def brush_of(colour: QColor) -> QBrush:
    """By way of a palette, which knows nothing of ``Qt``."""
    holder = QPalette()
    holder.setColor(QPalette.ColorRole.Window, colour)
    return holder.brush(QPalette.ColorRole.Window)


class Theme(QObject):
    """Holds the palette and the scale; ``changed`` tells every widget to draw itself anew."""

    changed = Signal()

    def __init__(self, app: QApplication, appearance: str = "system", text_size: int = 100) -> None:
        super().__init__(app)
        self._app = app
        self._system_palette = app.palette()
        self.appearance, self.text_size = appearance, text_size
        self._follows = False
        self.apply(appearance, text_size)

    def follow_system(self) -> None:
        """From now on, as the system says; until then its colours tell whether it is dark. After the first paint."""
        self._follows = True
        self._hints.colorSchemeChanged.connect(self._system_changed)
        self._accessibility.contrastPreferenceChanged.connect(self._system_changed)
        if self.appearance == "system" and self._choose() != self.palette:
            self._system_changed()

    @cached_property
    def _hints(self) -> QStyleHints:
        # Kept: PySide6 6.11 invalidates what it gives away when this wrapper is collected.
        return self._app.styleHints()

    @cached_property
    def _accessibility(self) -> QAccessibilityHints:
        return self._hints.accessibility()

    @cached_property
    def _icons(self) -> Icons:
        """The first frame has none: Qt's SVG library comes with the first icon."""
        from cardtool.ui.icons import Icons  # noqa: PLC0415

        return Icons()

    def apply(self, appearance: str, text_size: int) -> None:
        """``appearance`` is one of APPEARANCES, ``text_size`` in percent."""
        self.appearance, self.text_size = appearance, text_size
        self.palette = self._choose()
        self._app.setPalette(self._qt_palette())
        self._app.setFont(self.font("body"))
        self._sheets: dict[SheetOf, str] = {}
        self.changed.emit()

    def sheet(self, of: SheetOf) -> str:
        """Of ``cardtool.ui.stylesheet``, in the present colours and size."""
        if of not in self._sheets:
            self._sheets[of] = of(self.palette, self.px)
        return self._sheets[of]

    def px(self, size: float) -> int:
        """``size`` px at 100 % in px at the present text size."""
        return max(1, round(size * self.text_size / 100)) if size else 0

    def color(self, name: str) -> QColor:
        return QColor(getattr(self.palette, name))

    def blend(self, one: str, other: str, share: float) -> QColor:
        """Colour ``one`` with ``share`` of ``other``: hovered and pressed shades."""
        return QColor(tokens.mix(getattr(self.palette, one), getattr(self.palette, other), share))

    def font(self, role: str) -> QFont:
        """``role`` is a key of FACES."""
        face = FACES[role]
        font = QFont(list(tokens.FAMILIES))
        font.setPixelSize(self.px(face.size))
        font.setWeight(QFont.Weight(face.weight))
        return font

    def monospace(self, size: int = 13) -> QFont:
        font = QFont(list(tokens.MONOSPACE))
        font.setPixelSize(self.px(size))
        return font

    def icon(self, name: str, colour: str, size: int, widget: QWidget) -> QPixmap:
        """``size`` in px at 100 %; ``colour`` is a palette name."""
        return self._icons.pixmap(
            name, getattr(self.palette, colour), self.px(size), widget.devicePixelRatioF()
        )

    def is_contrast(self) -> bool:
        return self.palette.surface == self.palette.primary_pale

    def motion(self) -> bool:
        """False where the system asks for reduced motion (Qt tells through the animation duration)."""
        from PySide6.QtWidgets import QStyle  # noqa: PLC0415 - its enumerations take as long as five pages

        return self._app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0

    def _choose(self) -> Palette:
        contrast = self._follows and self._system_contrast()
        if self.appearance == "contrast" or (self.appearance == "system" and contrast):
            return system_contrast(self._system_palette) if contrast else tokens.CONTRAST
        dark = self.appearance == "dark" or (self.appearance == "system" and self._system_is_dark())
        return tokens.DARK if dark else tokens.LIGHT

    def _system_is_dark(self) -> bool:
        if self._follows:
            return self._hints.colorScheme() == QtCore.Qt.ColorScheme.Dark
        return self._system_palette.color(QPalette.ColorRole.Window).lightness() < MIDDLE

    def _system_contrast(self) -> bool:
        return self._accessibility.contrastPreference() == QtCore.Qt.ContrastPreference.HighContrast

    def _system_changed(self) -> None:
        if self.appearance == "system":
            self.apply(self.appearance, self.text_size)

    def _qt_palette(self) -> QPalette:
        palette = QPalette()
        for role, name in _ROLES.items():
            palette.setColor(role, self.color(name))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("muted"))
        return palette


def system_contrast(colours: QPalette) -> Palette:
    """The system's own high-contrast colours; every ground is one colour, every ink another."""
    ground = colours.color(QPalette.ColorRole.Window).name()
    ink = colours.color(QPalette.ColorRole.WindowText).name()
    chosen = colours.color(QPalette.ColorRole.Highlight).name()
    on_chosen = colours.color(QPalette.ColorRole.HighlightedText).name()
    values = {name: ink for name in tokens.colour_names()}
    grounds = ("background", "surface", "raised", "card_from", "card_to")
    values |= {name: ground for name in (*grounds, *(n for n in values if n.endswith("_pale")))}
    if tokens.contrast(chosen, ground) >= 4.5:
        values |= {"primary": chosen, "on_primary": on_chosen}
    else:
        values |= {"primary": ink, "on_primary": ground}
    return Palette(dark=tokens.luminance(ground) < 0.5, **values)
