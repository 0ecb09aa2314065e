"""PySide6 imported without its signatures: they are there when asked for, in the same words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAN = "from cardtool.ui.lean import import_pyside; import_pyside()\n"
SCRIPT = """
import json, sys
from PySide6.QtWidgets import QApplication, QLabel

def said(act):
    try:
        return str(act())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

app = QApplication([])
label = QLabel("words")
before = sorted(sys.modules)
asked = [
    lambda: label.setText(3),
    lambda: label.setText("a", "b"),
    lambda: label.resize("wide"),
    lambda: label.setAlignment("left"),
    lambda: QLabel(colour="red"),
    lambda: label.colour,
    lambda: QLabel.setText.__doc__,
    lambda: QLabel.__doc__,
]
if sys.argv[1] == "backwards":  # whatever is asked first brings the signatures
    asked.reverse()
print(json.dumps({"before": before, "said": [said(act) for act in asked]}))
"""


def told(script: str, order: str) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", script, order],
        cwd=ROOT,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_pyside_words_its_errors_as_ever(order: str) -> None:
    usual, lean = told(SCRIPT, order), told(LEAN + SCRIPT, order)
    assert lean["said"] == usual["said"]
    assert any("Supported signatures" in words for words in lean["said"])


def test_until_then_nothing_of_it_is_there() -> None:
    usual, lean = set(told(SCRIPT, "forwards")["before"]), set(told(LEAN + SCRIPT, "forwards")["before"])
    signatures = {"shibokensupport.signature.parser", "inspect", "zipfile", "argparse"}
    assert signatures <= usual, "PySide6 has changed: is cardtool/ui/lean.py still needed?"
    assert not signatures & lean
