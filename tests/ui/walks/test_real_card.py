"""The main job through the real card service: a card in pcscd's virtual reader, an RA that is a program of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.config import load_settings
from tests.system.branch import first_world, open_branch
from tests.system.pcscd import Pcscd
from tests.system.scene import Scene
from tests.ui.walks.acts import accept_terms, give_pin, sign_in_at_home
from tests.ui.walks.conftest import Start
from tests.ui.walks.hands import Mouse


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person who never used CardTool on this computer."""
    monkeypatch.setenv("CARDTOOL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return tmp_path / "home"


@pytest.fixture
def scene(pcscd: Pcscd, tmp_path: Path) -> Iterator[Scene]:
    with open_branch(first_world(tmp_path / "ra"), tmp_path / "branch", watched=False) as branch:
        opened = Scene(pcscd, branch, tmp_path / "terminal")
        yield opened
        opened.clear()


def test_apply_and_prove_with_a_card_that_is_put_in_pulled_and_put_back(scene: Scene, start: Start) -> None:
    person = scene.person()
    app = start(Mouse(), "zh_TW", "--ra", scene.office.url)
    sign_in_at_home(app, person.account, person.password, before="no_unit", after="no_card")
    card = app.meanwhile(lambda: scene.insert(person))
    app.at_home("apply")
    app.start()
    accept_terms(app)
    app.on("APC-3")
    app.meanwhile(card.pull)
    give_pin(app, "APC-3", person.pin)
    page = app.on("APC-2")
    assert page.title() == app.text("choose_card.insert")
    app.meanwhile(card.insert)
    give_pin(app, "APC-3", person.pin)
    page = app.on("APC-6")
    assert page.result.certificate.serial_hex.lstrip("0") == f"{scene.issued(person).serial_number:X}"
    app.hands.press(app.host.bar.cancel)
    give_pin(app, "SIG-2", person.pin)
    app.on("SIG-3")
    app.go_on()
    app.at_home("all_fine")
    assert load_settings(app.paths.config).settings.unit == person.unit
