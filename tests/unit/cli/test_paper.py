"""docs/commands.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cardtool.cli.account import ACCOUNT_ACTIONS
from cardtool.cli.answers import NAMES
from cardtool.cli.commands import COMMANDS
from cardtool.cli.options import COMMANDS as ALL
from cardtool.cli.options import NOT_BUILT_YET

PAPER = (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8")


def test_every_command_that_can_be_typed_can_be_run_or_says_that_it_cannot():
    assert set(ALL) - {"personalise"} == {*COMMANDS, *NOT_BUILT_YET}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command: str):
    assert f"\ncardtool {command} " in PAPER
    assert f"| `{command}" in PAPER, "and its object"


def test_what_is_not_there_is_not_promised():
    assert not re.findall(rf"^cardtool ({'|'.join(NOT_BUILT_YET)})\b", PAPER, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_answer_is_described(name: str):
    assert f"`{name}`" in PAPER


def test_the_actions_of_account_are_described():
    for action in set(ACCOUNT_ACTIONS) - {"sign-in-card"}:
        assert f"| `account {action}`" in PAPER


@pytest.mark.parametrize(
    "option", ["practice", "lang", "ra", "unit", "account", "reader", "card", "json", "answers"]
)
def test_every_common_option_is_described(option: str):
    assert f"`--{option}" in PAPER
