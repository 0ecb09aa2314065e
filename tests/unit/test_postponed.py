"""A postponed module is loaded when something in it is used, and is itself from then on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from cardtool.postponed import postponed

NAME = "seldom_used_module"


@pytest.fixture(autouse=True)
def seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tmp_path.joinpath(f"{NAME}.py").write_text(
        "ANSWER = 42\ndef twice(number, *, more=0): return 2 * number + more\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop(NAME, None)


def is_loaded() -> bool:
    return hasattr(sys.modules.get(NAME), "__builtins__")


def test_an_import_alone_loads_nothing() -> None:
    with postponed({NAME: ("twice",)}):
        module = import_module(NAME)
        function = module.twice
    assert NAME not in sys.modules
    assert function(3, more=1) == 7
    assert is_loaded()
    assert module.ANSWER == 42


def test_use_within_loads_it_for_all() -> None:
    with postponed({NAME: ()}):
        assert import_module(NAME).ANSWER == 42
        assert is_loaded()
    assert is_loaded()


def test_afterwards_an_import_is_an_import() -> None:
    with postponed({NAME: ()}):
        import_module(NAME)
    import_module(NAME)
    assert is_loaded()


def test_what_is_there_stays() -> None:
    real = import_module(NAME)
    with postponed({NAME: ()}):
        assert import_module(NAME) is real
    assert sys.modules[NAME] is real


def test_what_a_module_does_not_have_is_an_attribute_error() -> None:
    with postponed({NAME: ()}):
        module = import_module(NAME)
    with pytest.raises(AttributeError):
        _ = module.nothing
