"""Scrolling pages and grids that fold when there is little room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from cardtool.ui import stylesheet
from cardtool.ui.context import Context
from cardtool.ui.widgets.base import Part


class Scroll(Part, QScrollArea):
    """Shows ``content`` at the width there is and scrolls down; never sideways. Follows the focus."""

    def __init__(self, context: Context, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Asked for Qt's own one, PySide would look through all kinds of widgets: a tenth of the start.
        self.setViewport(QWidget())
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.begin(context)

    def restyle(self) -> None:
        self.verticalScrollBar().setStyleSheet(self.theme.sheet(stylesheet.scroll_bar))
        super().restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        focused = self.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            self.ensureWidgetVisible(focused)


class Fold(Part, QWidget):
    """Cells beside each other, in as many columns as fit."""

    def __init__(  # noqa: PLR0913
        self,
        context: Context,
        cells: Sequence[QWidget],
        columns: Sequence[tuple[int, int]],
        gap: int = 24,
        stretch: Sequence[int] = (),
        *,
        fill: bool = False,
        last_first: bool = False,
        upright: int = 0,
    ) -> None:
        """``columns``: (least width in px at 100 %, columns), widest first; below the last, one column.

        ``stretch`` shares the width out; ``fill`` makes cells in a row equally high; ``last_first``: in one
        column the last cell comes first, because it matters most; ``upright``: margin above and below.
        """
        super().__init__()
        self._cells, self._columns, self._gap = tuple(cells), tuple(columns), gap
        self._stretch = tuple(stretch) or (1,) * len(cells)
        self._align = Qt.AlignmentFlag(0) if fill else Qt.AlignmentFlag.AlignTop
        self._grid = QGridLayout(self)
        self._now, self._last_first, self._upright = 0, last_first, upright
        self.begin(context)
        self._arrange(1)

    def restyle(self) -> None:
        self._grid.setSpacing(self.theme.px(self._gap))
        self._grid.setContentsMargins(0, self.theme.px(self._upright), 0, self.theme.px(self._upright))
        super().restyle()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """One column must fit; the height is the layout's business."""
        return QSize(max(cell.minimumSizeHint().width() for cell in self._cells), 0)

    def _fit(self) -> None:
        fitting = (count for least, count in self._columns if self.width() >= self.theme.px(least))
        self._arrange(next(fitting, 1))

    def _arrange(self, count: int) -> None:
        if count == self._now:
            return
        self._now = count
        cells = self._cells[::-1] if count == 1 and self._last_first else self._cells
        for place, cell in enumerate(cells):
            self._grid.addWidget(cell, place // count, place % count, self._align)
        for place in range(len(self._cells)):
            share = self._stretch[place] if count > 1 else 1
            self._grid.setColumnStretch(place, share if place < count else 0)
        self.updateGeometry()
