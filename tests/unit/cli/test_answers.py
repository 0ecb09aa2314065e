"""``--answers -``: one JSON object, read strictly, and never shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from cardtool.cards.overview import CardOverview
from cardtool.cli.answers import MOST_BYTES, NAMES, AnswersPrompts
from cardtool.errors import AnswerMissing, AnswersMalformed
from cardtool.flows.questions import AskPin

SECRET = "s3cret-246813"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        json.dumps({"pin": 246813}).encode(),
        json.dumps({"pin": ["246813"]}).encode(),
        json.dumps({"pin": None}).encode(),
        json.dumps({"pim": SECRET}).encode(),
        b'{"pin": "\\ud800"}',
        b"[" * 60_000,
        b'{"pin": "' + b"1" * MOST_BYTES + b'"}',
        json.dumps({"pin": SECRET}).encode() + b" trailing",
    ],
    ids=range(14),
)
def test_what_is_no_object_of_known_answers_is_refused(raw: bytes):
    with pytest.raises(AnswersMalformed) as refused:
        AnswersPrompts.read(io.BytesIO(raw))
    assert refused.value.__cause__ is None
    assert SECRET not in str(refused.value)


def test_every_known_answer_is_taken():
    texts = {name: SECRET for name in NAMES}
    prompts = AnswersPrompts.read(io.BytesIO(json.dumps(texts).encode()))
    assert all(prompts.text(name) == SECRET for name in NAMES)


@pytest.mark.parametrize("value", ["", True, False])
def test_an_empty_answer_is_a_missing_one(value: str | bool):
    prompts = AnswersPrompts({"pin": value})
    with pytest.raises(AnswerMissing):
        prompts.secret("pin")


def test_flags_are_true_or_not_there():
    prompts = AnswersPrompts.read(io.BytesIO(b'{"accept_terms": "yes", "last_try": true}'))
    assert not prompts.flag("accept_terms")
    assert prompts.flag("last_try")


def test_what_the_command_line_grants_counts():
    assert AnswersPrompts.read(io.BytesIO(b"{}"), accept_terms=True).flag("accept_terms")


def test_a_pin_that_was_not_given_is_typed_on_the_reader_where_it_has_a_keypad():
    question = AskPin(page="APC-3", card=CardOverview("R", "piv", pin_pad=True), tries_left=3, pad=True)
    assert AnswersPrompts({}).ask(question).pin is None
    given = AnswersPrompts({"pin": "123456"}).ask(question).pin
    assert given is not None
    assert given.text() == "123456"
    with pytest.raises(AnswerMissing):
        AnswersPrompts({}).ask(replace(question, pad=False))
