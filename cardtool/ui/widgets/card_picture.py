"""A card as a picture: holder, issuer, kind, serial, chip, validity. Screen readers get the same in words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cardtool.ui.context import Context
from cardtool.ui.home_view import CardFace, Validity
from cardtool.ui.messages import day
from cardtool.ui.widgets.base import Part

WIDTH, HEIGHT = 344, 214
CHIP = ("#E9CD83", "#C79B45", "#8A6A2B")
"""A chip is golden in every theme: two ends of its shine and its lines."""


class CardPicture(Part, QWidget):
    """Shows a ``CardFace``; an empty place for a card without one."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._face: CardFace | None = None
        self._now: datetime | None = None
        self._absent = "home.looking_lead"  # nothing is known yet
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.begin(context)

    def show_face(self, face: CardFace | None, now: datetime | None, absent: str = "card.absent") -> None:
        """``absent``: key of the words for an empty place."""
        self._face, self._now, self._absent = face, now, absent
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        super().retranslate()
        self.setAccessibleName(self._in_words())

    def restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
        super().restyle()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.theme.px(WIDTH), self.theme.px(HEIGHT))

    def _in_words(self) -> str:
        face = self._face
        if face is None:
            return self.messages.text(self._absent)
        parts = [face.holder or self.messages.text("card.blank"), face.issuer, face.kind, self._serial()]
        if face.as_last_seen:
            parts.append(self.messages.text("card.as_last_seen"))
        if face.validity:
            dates = {"since": day(face.validity.since), "until": day(face.validity.until)}
            parts.append(self.messages.text("card.validity", **dates))
        return self.messages.text("card.name", content=", ".join(part for part in parts if part))

    def _serial(self) -> str:
        face = self._face
        return self.messages.text("card.serial", serial=face.serial) if face and face.serial else ""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._face is None:
            self._paint_empty(painter)
        else:
            self._paint_card(painter)
            self._paint_words(painter, self._face)

    def _paint_empty(self, painter: QPainter) -> None:
        pen = painter.pen()
        pen.setColor(self.theme.color("edge"))
        pen.setWidthF(1.5)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(self.theme.color("raised"))
        radius = self.theme.px(14)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)
        icon = self.theme.icon("credit-card", "muted", 40, self)
        size = self.theme.px(40)
        left, top = (self.width() - size) // 2, self.height() // 2 - self.theme.px(38)
        painter.drawPixmap(left, top, icon)
        painter.setPen(self.theme.color("muted"))
        painter.setFont(self.theme.font("small"))
        below = QRectF(0, top + size + self.theme.px(8), self.width(), self.theme.px(28))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.messages.text(self._absent))

    def _paint_card(self, painter: QPainter) -> None:
        area, radius = QRectF(self.rect()), self.theme.px(14)
        shape = QPainterPath()
        shape.addRoundedRect(area, radius, radius)
        shine = QLinearGradient(area.topLeft(), area.bottomRight())
        shine.setColorAt(0, self.theme.color("card_from"))
        shine.setColorAt(1, self.theme.color("card_to"))
        painter.fillPath(shape, shine)
        self._paint_waves(painter, shape)
        if self.theme.palette.card_from == self.theme.palette.background:
            painter.setPen(self.theme.color("line"))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), radius, radius)
        self._paint_chip(painter)

    def _paint_waves(self, painter: QPainter, shape: QPainterPath) -> None:
        """Two large soft circles, the guilloche of this card."""
        painter.save()
        painter.setClipPath(shape)
        painter.setPen(Qt.PenStyle.NoPen)
        for across, radius, strength in ((0.94, 0.62, 14), (1.06, 0.42, 16)):
            painter.setBrush(QColor(255, 255, 255, strength))
            centre = QPointF(self.width() * across, self.height() * 0.06)
            painter.drawEllipse(centre, self.width() * radius, self.width() * radius)
        painter.restore()

    def _paint_chip(self, painter: QPainter) -> None:
        px = self.theme.px
        chip = QRectF(px(22), px(22), px(44), px(34))
        shine = QLinearGradient(chip.topLeft(), chip.bottomRight())
        shine.setColorAt(0, QColor(CHIP[0]))
        shine.setColorAt(1, QColor(CHIP[1]))
        painter.setBrush(shine)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(chip, px(6), px(6))
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        pen.setColor(QColor(CHIP[2]))
        pen.setWidthF(max(1.0, px(10) / 9))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        core = chip.adjusted(px(13), px(8), -px(13), -px(8))
        painter.drawRoundedRect(core, px(4), px(4))
        middle = chip.center().y()
        painter.drawLine(QPointF(chip.left(), middle), QPointF(core.left(), middle))
        painter.drawLine(QPointF(core.right(), middle), QPointF(chip.right(), middle))

    def _paint_words(self, painter: QPainter, face: CardFace) -> None:
        px, left = self.theme.px, self.theme.px(22)
        width = self.width() - 2 * left
        bottom = float(self.height() - px(20))
        if face.validity:
            bottom = self._paint_validity(painter, face.validity, QRectF(left, 0, width, bottom))
        painter.setPen(self.theme.color("on_card"))
        line = " · ".join(part for part in (face.issuer, face.kind) if part)
        bottom = self._write(painter, line, "small", QRectF(left, 0, width, bottom - px(12)))
        holder = face.holder or self.messages.text("card.blank")
        self._write(painter, holder, "title", QRectF(left, 0, width, bottom - px(2)))
        self._paint_serial(painter, QRectF(px(90), px(22), self.width() - px(112), px(34)))

    def _paint_serial(self, painter: QPainter, area: QRectF) -> None:
        """Beside the chip. A long serial keeps its ends, which is what people compare."""
        painter.setFont(self.theme.font("small"))
        remembered = self._face is not None and self._face.as_last_seen
        words = self.messages.text("card.as_last_seen") if remembered else self._serial()
        serial = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, serial)

    def _write(self, painter: QPainter, words: str, role: str, above: QRectF) -> float:
        """One line whose lower edge is ``above.bottom()``; returns its upper edge. Too long ends in an ellipsis."""
        painter.setFont(self.theme.font(role))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(above.width()))
        top = above.bottom() - metrics.height()
        painter.drawText(QPointF(above.left(), top + metrics.ascent()), shown)
        return top

    def _paint_validity(self, painter: QPainter, validity: Validity, above: QRectF) -> float:
        painter.setPen(self.theme.color("on_card"))
        painter.setFont(self.theme.font("small"))
        metrics = painter.fontMetrics()
        base = above.bottom() - metrics.descent()
        since = self.messages.text("card.since", date=day(validity.since))
        until = self.messages.text("card.until", date=day(validity.until))
        painter.drawText(QPointF(above.left(), base), since)
        painter.drawText(QPointF(above.right() - metrics.horizontalAdvance(until), base), until)
        height = self.theme.px(8)
        bar = QRectF(above.left(), base - metrics.ascent() - self.theme.px(6) - height, above.width(), height)
        self._paint_bar(painter, validity, bar)
        return bar.top()

    def _paint_bar(self, painter: QPainter, validity: Validity, bar: QRectF) -> None:
        """The whole life of the certificate: what is past is bright, the renewal window golden, today a mark."""
        shape = QPainterPath()
        shape.addRoundedRect(bar, bar.height() / 2, bar.height() / 2)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(bar, QColor(255, 255, 255, 92))
        if validity.renewal_from:
            opens = bar.left() + bar.width() * share(validity, validity.renewal_from)
            window = self.theme.color("card_window")
            painter.fillRect(QRectF(opens, bar.top(), bar.right() - opens, bar.height()), window)
        if self._now:
            ends = min(share(validity, self._now), share(validity, validity.renewal_from or validity.until))
            past = QRectF(bar.left(), bar.top(), bar.width() * ends, bar.height())
            painter.fillRect(past, self.theme.color("on_card"))
        painter.restore()
        if self._now:
            self._paint_today(painter, bar, share(validity, self._now))

    def _paint_today(self, painter: QPainter, bar: QRectF, passed: float) -> None:
        size = self.theme.px(14)
        centre = QPointF(bar.left() + bar.width() * passed, bar.center().y())
        painter.setPen(QPen(self.theme.color("card_from"), self.theme.px(3)))
        painter.setBrush(self.theme.color("on_card"))
        painter.drawEllipse(centre, size / 2, size / 2)


def share(validity: Validity, moment: datetime) -> float:
    """How much of the validity has passed at ``moment``, 0 to 1."""
    whole = (validity.until - validity.since).total_seconds()
    passed = (moment - validity.since).total_seconds()
    return min(1.0, max(0.0, passed / whole)) if whole > 0 else 1.0
