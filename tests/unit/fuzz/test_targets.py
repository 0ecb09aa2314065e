"""Every fuzz target holds for the inputs that fuzzing kept, and for as many made up here; no fuzzer is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardtool.errors import Defect
from cardtool.pcsc.apdu import Command
from cardtool.pcsc.chaining import RawChannel
from fuzz.__main__ import NAMES
from fuzz.answers import COMMANDS_MAX, Endless, FuzzedCard, encode_answers
from fuzz.targets import TARGETS
from fuzz.tolerant import tolerant

CORPUS = Path(__file__).parents[3] / "fuzz" / "corpus"
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:cryptography")


def test_every_target_has_seeds() -> None:
    assert set(TARGETS) == set(NAMES) == {folder.name for folder in CORPUS.iterdir()}
    assert all(any((CORPUS / name).iterdir()) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_kept(name: str) -> None:
    for path in (CORPUS / name).iterdir():
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(max_size=600))
def test_what_is_made_up(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_the_harness_can_fail() -> None:
    with pytest.raises(Defect), tolerant():
        raise Defect("ours")
    channel = RawChannel(FuzzedCard(encode_answers([b"\x90\x00"], flags=1)))
    with pytest.raises(Endless):
        all(channel.send(Command(0, 0xC0, 0, 0, le=256)).ok for _ in range(COMMANDS_MAX + 1))
