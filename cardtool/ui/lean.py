"""PySide6 without its library of signatures until somebody asks for one.

At its import PySide6 unpacks and compiles three thousand lines of Python that word its TypeErrors and make
``__doc__``, and from then on has every ``import`` of the process read the source of what it imported, in case of
``from __feature__ import …``. That is two fifths of the start of a bare window, and nothing here needs it.

How: PySide6 (libshiboken, ``signature_globals.cpp``) executes its module ``signature_bootstrap`` and asks the
function ``bootstrap`` in it for an object with the functions named below. Here it gets ours, which makes the real one
at the first question. Only ``__feature__`` is gone. Tests compare the words; other releases of PySide6 may differ.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from cardtool.postponed import postponed

BOOTSTRAP = "signature_bootstrap"
LOADER = "shibokensupport.signature.loader"
MAPPING = "shibokensupport.signature.mapping"
QUESTIONS = ("pyside_type_init", "create_signature", "seterror_argument", "make_helptext")
FOR_FEATURES = ("post_init", "finish_import", "feature_import", "feature_imported")
ONLY_TO_UNPACK = dict.fromkeys(("base64", "struct", "tempfile", "textwrap", "traceback", "zipfile"), ())
"""Modules that PySide6 imports for its bootstrap alone."""


class _Bootstrap(ModuleType):
    """PySide6 executes its own code in this module, yet finds our function where it asks for its own."""

    @property
    def bootstrap(self) -> Callable[[], SimpleNamespace]:
        return _stand_in


def import_pyside() -> None:
    """Import PySide6; without its signatures, unless something else has imported it before."""
    if "shiboken6" in sys.modules:
        return
    sys.modules[BOOTSTRAP] = _Bootstrap(BOOTSTRAP)
    with postponed(ONLY_TO_UNPACK):
        import_module("PySide6")
    sys.modules[MAPPING] = _mapping


def _stand_in() -> SimpleNamespace:
    """Of PySide6's ``loader``, what libshiboken uses."""
    answers = {name: _when_asked(name) for name in QUESTIONS}
    return SimpleNamespace(**answers, **dict.fromkeys(FOR_FEATURES, _nothing))


def _when_asked(name: str) -> Callable[..., Any]:
    def answer(*arguments: object) -> Any:
        return getattr(_loader(), name)(*arguments)

    return answer


def _nothing(*_: object) -> None:
    pass


def _loader() -> ModuleType:
    """PySide6's own, made at the first call."""
    if LOADER not in sys.modules:
        vars(sys.modules[BOOTSTRAP])["bootstrap"]()
    return sys.modules[LOADER]


def _update_mapping() -> None:
    """Bring up to date where libshiboken looks up what a message is about: ``PySide6.QtWidgets.QLabel.setText``."""
    real = _loader().mapping
    real.update_mapping()
    vars(_mapping).update(vars(real) | {"update_mapping": _update_mapping})


_mapping = ModuleType(MAPPING)
"""Never let go of: libshiboken keeps a bare pointer to its names."""
vars(_mapping)["update_mapping"] = _update_mapping
