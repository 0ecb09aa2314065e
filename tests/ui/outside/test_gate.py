"""What a screen reader gets of every page, asked from outside the process (spec 1.2, 7)."""

from __future__ import annotations

import pytest

from tests.ui.outside.visit import Visit

PAGES = {
    *("HOME", "APC-1", "APC-3", "APC-6", "SIG-2", "SIG-3", "CRD-2", "CRD-3"),
    *("SET-1", "HLP-1", "RPT-1", "NYB-1", "OUT-1", "SGN-1"),
}
KINDS = (
    *("without a name", "too small", "not reached by Tab", "keeps the focus"),
    *("secret in the tree", "not announced"),
)


def test_every_page_was_visited_and_tells_its_code(visit: Visit) -> None:
    assert set(visit.seen) == PAGES


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is(visit: Visit, kind: str) -> None:
    assert not visit.faults[kind]
