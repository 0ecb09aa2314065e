"""Modules that others import for what they seldom do: loaded when something in them is used for the first time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def postponed(modules: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Within, an import of one of these gets a stand-in, unless the module was there already.

    Each with the names of functions that are imported ``from`` it: a stand-in for them is handed out as well.
    """
    stand_ins = {
        name: _stand_in(name, functions) for name, functions in modules.items() if name not in sys.modules
    }
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            _retire(name, stand_in)


def _stand_in(name: str, functions: Sequence[str]) -> ModuleType:
    module = ModuleType(name)

    def real(attribute: str) -> Any:
        _retire(name, module)
        return getattr(import_module(name), attribute)

    def forward(function: str) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> Any:
            return real(function)(*arguments, **named)

        return call

    vars(module).update({function: forward(function) for function in functions})
    vars(module)["__getattr__"] = real  # PEP 562: for what the module does not have
    return module


def _retire(name: str, stand_in: ModuleType) -> None:
    """Who imports the module from now on gets the real one."""
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
