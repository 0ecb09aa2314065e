"""The command line as typed: what is understood, what is refused, and that nothing typed is repeated."""

from __future__ import annotations

import json

import pytest

from cardtool.cli.main import usage_failed
from cardtool.cli.options import COMMANDS, is_for_terminal, parse, parse_window
from cardtool.errors import ArgumentInvalid
from cardtool.words import Words

SECRET = "246813"


def refused(*arguments: str) -> ArgumentInvalid:
    with pytest.raises(ArgumentInvalid) as found:
        parse(list(arguments))
    return found.value


def test_options_of_a_command():
    options = parse(["apply", "--unit", "exchange", "--json", "--answers", "-", "--accept-terms"])
    assert (options.command, options.unit) == ("apply", "exchange")
    assert (options.json, options.answers, options.accept_terms, options.practice) == (
        True,
        True,
        True,
        False,
    )


def test_options_may_stand_before_the_command():
    options = parse(["--practice", "--lang", "en", "cards", "--json"])
    assert (options.command, options.practice, options.lang, options.json) == ("cards", True, "en", True)


def test_an_options_value_is_no_command():
    """An account may be called anything."""
    options = parse(["--account", "cards", "account", "data"])
    assert (options.command, options.account) == ("account", "cards")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["cards", "--lang", "fr"], "--lang"),
        (["sign-test", "--slot", "9E"], "--slot"),
        (["apply", "--answers", "file.json"], "--answers"),
        (["account", SECRET], "action"),
        (["explain"], "code"),
        (["apdu"], "HEX"),
        (["cards", "--card"], "--card"),
        (["sign-test", "--pin", SECRET], "--pin"),
        (["sign-test", f"--pin={SECRET}"], "--pin"),
        (["cards", SECRET], ""),
        (["cards", "--pract"], "--pract"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], name: str, capsys: pytest.CaptureFixture[str]):
    error = refused(*arguments)
    assert error.name == name
    shown = capsys.readouterr()
    assert SECRET not in f"{error} {shown.out} {shown.err}"
    assert shown.out == ""


def test_a_refusal_is_words_on_stderr_and_an_object_with_json(capsys: pytest.CaptureFixture[str]):
    assert usage_failed(ArgumentInvalid("--lang"), Words("en", strict=True), as_json=True) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == "U104"
    assert "U104" in shown.err


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_end_well(option: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parse([option])
    assert ended.value.code == 0
    assert "cardtool" in capsys.readouterr().out


NEEDED = {"account": ["data"], "explain": ["C101"], "report": ["--out", "F"], "apdu": ["00A40400"]}


def test_every_command_has_its_parser():
    for command in COMMANDS:
        assert parse([command, *NEEDED.get(command, [])]).command == command


class TestWindow:
    def test_without_a_command_the_window_is_meant(self):
        assert not is_for_terminal([])
        assert not is_for_terminal(["--practice", "--lang", "zh_TW"])
        assert is_for_terminal(["--practice", "cards"])

    def test_its_options_and_a_link(self):
        options = parse_window(["--practice", "--unit", "exchange", "--", "cardtool://order/1"])
        assert (options.practice, options.unit, options.link) == (True, "exchange", "cardtool://order/1")

    @pytest.mark.parametrize("link", ["https://example.com", "aply", "--data"])
    def test_anything_else_is_refused(self, link: str):
        with pytest.raises(ArgumentInvalid):
            parse_window([link])
