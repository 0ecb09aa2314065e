"""CRD-3: what is on the card. A certificate can be saved as a file; the card is not touched."""

from __future__ import annotations

from base64 import encodebytes
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from cardtool.cards.overview import CardOverview
from cardtool.ui.certificates import Held, facts_of, held_by, kind_of, state_of
from cardtool.ui.context import Context
from cardtool.ui.pages.results import ResultPage
from cardtool.ui.widgets.base import Label, Part, column, row
from cardtool.ui.widgets.buttons import SECONDARY, Button
from cardtool.ui.widgets.facts import Facts
from cardtool.ui.widgets.strips import Badge, Strip
from cardtool.ui.widgets.tries import Tries

PEM_LINE = "-----{} CERTIFICATE-----\n"


def pem(der: bytes) -> bytes:
    """RFC 7468."""
    body = encodebytes(der).decode("ascii").replace("\n", "")
    lines = "".join(body[place : place + 64] + "\n" for place in range(0, len(body), 64))
    return (PEM_LINE.format("BEGIN") + lines + PEM_LINE.format("END")).encode("ascii")


class CertificateView(Part, QWidget):
    """One certificate: its kind and state, its facts, and a button that saves it."""

    def __init__(self, context: Context, held: Held) -> None:
        super().__init__()
        self._held = held
        self._kind, self._state = Label(context, "title"), Badge(context)
        self._facts = Facts(context, "certificate")
        self.save = Button(context, SECONDARY, "device-floppy")
        self.told = Strip(context, "good")
        head = row(context.theme, gap=12)
        head.addWidget(self._kind, 1)
        head.addWidget(self._state, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = column(context.theme, gap=10)
        layout.addLayout(head)
        layout.addWidget(self._facts)
        layout.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.told)
        self.setLayout(layout)
        self.begin(context)
        self.say(self.save.setText, "certificate.save")
        self.save.clicked.connect(self._save)
        self._tell()

    def _tell(self) -> None:
        summary = self._held.summary
        word, tone = state_of(summary, datetime.now(UTC))
        self._kind.setText(kind_of(summary, self.messages))
        self._state.show_word(self.messages.text(f"certificate.{word}"), tone)
        self._facts.show_facts(facts_of(summary, self.messages, self._held.certificate.slot.label))

    def retranslate(self) -> None:
        super().retranslate()
        self._tell()
        self.save.updateGeometry()

    def _save(self) -> None:
        der_name = f"{self.messages.text('certificate.filter_der')} (*.cer)"
        pem_name = f"{self.messages.text('certificate.filter_pem')} (*.cer)"
        proposed = f"{self._held.summary.serial_hex}.cer"
        path, kind = QFileDialog.getSaveFileName(
            self, self.messages.text("certificate.save"), proposed, f"{der_name};;{pem_name}"
        )
        if path:
            self.write(Path(path), as_pem=kind == pem_name)

    def write(self, path: Path, *, as_pem: bool) -> None:
        der = self._held.certificate.der
        try:
            path.write_bytes(pem(der) if as_pem else der)
        except OSError:
            self.told.show_words(self.messages.text("certificate.save_failed"), "danger", aloud=True)
        else:
            self.told.show_words(self.messages.text("certificate.saved", name=path.name), "good", aloud=True)


class OverviewPage(ResultPage):
    """Reader, tries left and every certificate of the person's on the card."""

    code_shown = "CRD-3"
    result: CardOverview

    def build(self) -> None:
        card = self.result
        self._count = Label(self.context, "body")
        self.tries = Tries(self.context, "tries.pin_left")
        self.layout_.addWidget(self.tries)
        self.layout_.addWidget(self._count)
        self.tries.setVisible(card.pin is not None and card.pin.tries_left is not None)
        self.tries.set_tries(card.pin.tries_left if card.pin else None)
        self.views = [CertificateView(self.context, held) for held in held_by(card)]
        for view in self.views:
            self.layout_.addWidget(view)

    def tell(self) -> None:
        count = len(self.views)
        words = (
            self.messages.text("certificate.count", count=count)
            if count
            else self.messages.text("certificate.none")
        )
        self._count.setText(words)

    def mark(self) -> tuple[str, str] | None:
        return None

    def lead(self) -> str:
        return self.result.reader
