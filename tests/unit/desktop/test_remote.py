"""The window's half with a real child: what is asked comes back, and whatever happens to the child is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from cardtool.config import Settings, load_settings
from cardtool.desktop import remote as remote_module
from cardtool.desktop import walk as walk_module
from cardtool.desktop.partner import Partner
from cardtool.desktop.remote import Remote
from cardtool.desktop.remote_controls import RemoteControls
from cardtool.desktop.settings import SettingsBook
from cardtool.errors import BackstageEnded, Cancelled, CardToolError, Defect, WrongPin
from cardtool.flows.ports import Act, Back, PinOnReader
from cardtool.secret import Secret
from tests.unit.desktop.actor import ACT, NOW, RULE

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


class Person:
    """At the window: gives the next answer to each question, or waits until closed when there is none left."""

    def __init__(self, *answers: object) -> None:
        self.questions: list[Any] = []
        self.acts: list[object] = []
        self._answers: SimpleQueue[object] = SimpleQueue()
        self._cancel = threading.Event()
        for answer in answers:
            self._answers.put(answer)

    def ask(self, question: object) -> object:
        self.questions.append(question)
        answer = self._answers.get(timeout=PATIENCE)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        self._answers.put(Cancelled())

    def planned(self, acts: tuple[Act, ...]) -> None:
        self.acts.append(acts)

    def started(self, act: Act) -> None:
        self.acts.append(act)

    def finished(self, act: Act, *, skipped: bool) -> None:
        self.acts.append((act, skipped))

    def pin_on_reader(self, wanted: PinOnReader | None) -> None:
        self.acts.append(wanted)

    def request_cancel(self) -> None:
        self._cancel.set()

    def requested(self) -> bool:
        return self._cancel.is_set()


class Window:
    """``changes`` counts what backstage reported by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.changes = folder, 0
        self.settings = SettingsBook(Settings(), folder)
        command = [sys.executable, "-m", "tests.unit.desktop.actor", str(folder)]
        self.remote = Remote(command, self.settings, self._changed)
        self._pool = ThreadPoolExecutor(2)

    def _changed(self) -> None:
        self.changes += 1

    def run(self, wizard: str, person: Person) -> Future[object]:
        ports: Any = person  # all three in one
        return self._pool.submit(self.remote.run, wizard, ports, ports, ports)

    def look(self) -> Future[object]:
        return self._pool.submit(self.remote.look)

    def until(self, reached: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, sorted(path.name for path in self.folder.iterdir())
            time.sleep(0.01)

    def noted(self, what: str) -> bool:
        return (self.folder / what).exists()

    def kill(self) -> None:
        assert self.remote.pid is not None
        os.kill(self.remote.pid, signal.SIGKILL)

    def close(self) -> None:
        self.remote.close()
        self._pool.shutdown()


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.chdir(ROOT)
    opened = Window(tmp_path)
    yield opened
    opened.close()


# --- what is asked comes back --------------------------------------------------------------------


def test_a_look_is_what_backstage_saw_with_the_settings_of_the_moment(window: Window) -> None:
    assert window.remote.look_at_once() is None
    assert window.remote.look().account == ""
    window.settings.save(Settings(language="en"))
    window.remote.settings_chosen()
    assert window.remote.look().account == "en"
    assert window.noted("warm")


def test_questions_answers_and_secrets_cross(window: Window) -> None:
    old, new = Secret("old-secret"), Secret("new-secret")
    person = Person(old, Back(), Back(), new)
    assert window.run("PWS", person).result(PATIENCE) == (10, "terces-wen", 3)
    assert [question.rule for question in person.questions] == [RULE] * 4
    error = person.questions[-1].error
    assert (type(error), error.tries_left) == (WrongPin, 2)
    assert not old, "wiped when it was handed over"
    assert not new


def test_acts_are_told_in_their_order(window: Window) -> None:
    person = Person()
    assert window.run("APC", person).result(PATIENCE) == "applied"
    each = [(ACT, (ACT, number == 1)) for number in range(3)]
    assert person.acts == [(ACT,), *(told for pair in each for told in pair)]


@pytest.mark.parametrize(
    ("wizard", "error", "data"),
    [("SIG", WrongPin, {"tries_left": 2}), ("CRD", Defect, {"what": "TypeError"})],
)
def test_errors_come_back_as_what_they_are(
    window: Window, wizard: str, error: type[CardToolError], data: dict[str, object]
) -> None:
    with pytest.raises(error) as told:
        window.run(wizard, Person()).result(PATIENCE)
    assert told.value.data() == data
    assert window.remote.look(), "backstage goes on"


def test_who_closes_a_question_cancels_the_wizard(window: Window) -> None:
    person = Person(Cancelled())
    with pytest.raises(Cancelled):
        window.run("OUT", person).result(PATIENCE)
    assert window.noted("left")


def in_the_midst_of_an_act(window: Window, person: Person) -> Future[object]:
    """Until somebody cancels it."""
    (window.folder / "act-lasts").touch()
    running = window.run("APC", person)
    window.until(lambda: ACT in person.acts)
    return running


def test_cancel_ends_the_wizard_after_the_act_that_runs(window: Window) -> None:
    person = Person()
    running = in_the_midst_of_an_act(window, person)
    person.request_cancel()
    with pytest.raises(Cancelled):
        running.result(PATIENCE)
    assert window.noted("cancelled")
    assert window.noted("act-0")
    assert not window.noted("act-1")


def test_the_practice_panels_hands_reach_the_world(window: Window) -> None:
    controls = RemoteControls(window.remote.practise)
    assert controls.now() == NOW
    with pytest.raises(Defect):
        controls.cards()
    controls.insert("reader", "card")
    window.until(lambda: window.changes == 1)


# --- the child ends ------------------------------------------------------------------------------


def test_killed_in_the_midst_of_a_look_it_is_told_and_the_next_look_works(window: Window) -> None:
    (window.folder / "look-hangs").touch()
    looking = window.look()
    window.until(lambda: window.noted("look"))
    window.kill()
    with pytest.raises(BackstageEnded):
        looking.result(PATIENCE)
    (window.folder / "look-hangs").unlink()
    assert window.remote.look()
    assert window.changes == 0, "whoever asked was told; nobody else need be"


def test_killed_while_somebody_is_asked_the_question_is_closed(window: Window) -> None:
    person = Person()
    running = window.run("OUT", person)
    window.until(lambda: person.questions)
    window.kill()
    with pytest.raises(BackstageEnded):
        running.result(PATIENCE)
    assert window.run("OUT", Person(True)).result(PATIENCE) is True


def test_killed_in_the_midst_of_an_act(window: Window) -> None:
    person = Person()
    running = in_the_midst_of_an_act(window, person)
    window.kill()
    with pytest.raises(BackstageEnded):
        running.result(PATIENCE)
    (window.folder / "act-lasts").unlink()
    assert window.run("APC", Person()).result(PATIENCE) == "applied"


def test_killed_with_nothing_to_do_the_window_looks_anew(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "LIVED_LONG", 0.0)
    window.remote.look()
    window.kill()
    window.until(lambda: window.changes == 1)
    assert window.remote.look()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_of_our_own_while_listening_leaves_nobody_waiting(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Partner, "_sort", lambda *_: 1 / 0)
        with pytest.raises(BackstageEnded):
            window.look().result(PATIENCE)
    assert window.remote.look()


def test_one_that_ends_at_once_is_not_started_again_and_again(tmp_path: Path) -> None:
    changes: list[None] = []
    command = [sys.executable, "-c", "pass"]
    remote = Remote(command, SettingsBook(Settings(), tmp_path), lambda: changes.append(None))
    remote.warm()
    with pytest.raises(BackstageEnded):
        remote.look()
    remote.close()
    assert not changes


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    remote = Remote([str(tmp_path / "none")], SettingsBook(Settings(), tmp_path), lambda: None)
    remote.warm()
    with pytest.raises(BackstageEnded):
        remote.look()
    remote.close()


def test_one_that_hangs_is_ended_when_the_person_left(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk_module, "LONGEST_GOODBYE", 0.2)
    person = Person()
    running = in_the_midst_of_an_act(window, person)
    assert window.remote.pid is not None
    os.kill(window.remote.pid, signal.SIGSTOP)
    person.request_cancel()
    with pytest.raises(BackstageEnded):
        running.result(PATIENCE)
    assert window.remote.look()


# --- the window ends -----------------------------------------------------------------------------


def test_closed_in_the_midst_of_an_act_it_is_finished(window: Window) -> None:
    person = Person()
    running = in_the_midst_of_an_act(window, person)
    window.remote.close()
    with pytest.raises((Cancelled, BackstageEnded)):
        running.result(PATIENCE)
    assert window.noted("act-0")
    assert window.noted("cancelled")
    assert window.noted("unwatched"), "it ended by itself"
    with pytest.raises(BackstageEnded):
        window.remote.look()


def test_closed_while_somebody_is_asked_nobody_waits(window: Window) -> None:
    person = Person()
    running = window.run("OUT", person)
    window.until(lambda: person.questions)
    window.remote.close()
    with pytest.raises((Cancelled, BackstageEnded)):
        running.result(PATIENCE)
    assert window.noted("left")


# --- what each side is made of -------------------------------------------------------------------


def test_backstage_has_no_window_in_it() -> None:
    loads = "import sys, cardtool.desktop.backstage, cardtool.desktop.stage"
    checks = "sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", f"{loads}\n{checks}"], cwd=ROOT, check=False).returncode == 0


# --- settings ------------------------------------------------------------------------------------


def test_the_unit_of_a_sign_in_is_kept_by_the_window(tmp_path: Path) -> None:
    book = SettingsBook(Settings(language="en"), tmp_path)
    book.note_unit("exchange")
    assert load_settings(tmp_path).settings == Settings(language="en", unit="exchange")
