"""The RA's shapes: right ones are read, anything else is RaAnswerMalformed and nothing worse."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.errors import RaAnswerMalformed
from cardtool.ra.members import Members, is_presentable, parse_json
from cardtool.ra.wire import (
    Account,
    CardAtRa,
    FeeState,
    Order,
    OrderFee,
    OrderState,
    Session,
    SignedIn,
    Terms,
    UnitInfo,
    WitnessAnswer,
)
from tests.unit.ra.samples import ACCOUNT, FEE, ORDER, SHAPES, TERMS, TIME, UNIT, UNIT_FEE, WITNESS

Shape = Any
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
MAY_BE_ABSENT = {
    (UnitInfo, ("card",)),
    (UnitInfo, ("card_sign_in",)),
    *((shape, ("by_card",)) for shape in (Session, SignedIn)),
    (Order, ("card_id",)),
    (Order, ("slot_hint",)),
    (Order, ("certificate",)),
    *((OrderFee, (name,)) for name in ("account", "reason", "deadline")),
    *((Account, (name,)) for name in ("identifier", "email", "phone")),
}


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and row."""
    rows = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, inner in rows:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(sample: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    sample = copy.deepcopy(sample)
    target: Any = sample
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return sample


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_right_ones_are_read(shape: Shape) -> None:
    sample = SHAPES[shape]
    assert shape.parse(Members(sample)) is not None
    assert shape.parse(Members({**sample, "a_later_member": [1]})) is not None


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_promised_member_is_needed(shape: Shape) -> None:
    for path in places(SHAPES[shape]):
        if (shape, path) in MAY_BE_ABSENT or shape.__name__ == "CertificateAtRa":
            continue
        for wrong in (None, {"x": 1}, 10**30, "\x1b[31m", "\u202e"):
            with pytest.raises(RaAnswerMalformed):
                shape.parse(Members(changed(SHAPES[shape], path, wrong)))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), shape=st.sampled_from(list(SHAPES)), value=JSON)
def test_anything_in_any_place(data: st.DataObject, shape: Shape, value: object) -> None:
    path = data.draw(st.sampled_from(list(places(SHAPES[shape]))))
    with contextlib.suppress(RaAnswerMalformed):
        shape.parse(Members(changed(SHAPES[shape], path, value)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(body: bytes) -> None:
    with contextlib.suppress(RaAnswerMalformed):
        Members(parse_json(body))


def test_malformed_json_leaves_no_trace_of_the_answer() -> None:
    with pytest.raises(RaAnswerMalformed) as caught:
        parse_json(b'{"token": "secret"')
    assert caught.value.__context__ is None


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(RaAnswerMalformed):
        Members(parse_json(b'{"holder": "\\ud800"}')).text("holder")


def test_numbers_are_not_flags_and_flags_not_numbers() -> None:
    with pytest.raises(RaAnswerMalformed):
        UnitInfo.parse(Members(changed(UNIT, ("sign_in", "captcha"), 1)))
    with pytest.raises(RaAnswerMalformed):
        UnitInfo.parse(Members(changed(UNIT, ("card", "pin_tries"), True)))


def test_absurd_bounds() -> None:
    with pytest.raises(RaAnswerMalformed):
        UnitInfo.parse(Members(changed(UNIT, ("card", "pin_maximum"), 5)))
    with pytest.raises(RaAnswerMalformed):
        UnitInfo.parse(Members(changed(UNIT, ("validity_years",), 1000)))


@pytest.mark.parametrize("time", ["2026-06-01", "2026-06-01T12:00:00", "2026-13-01T12:00:00Z", TIME + " "])
def test_times(time: str) -> None:
    with pytest.raises(RaAnswerMalformed):
        Order.parse(Members(changed(ORDER, ("deadline",), time)))


def test_too_many_rows() -> None:
    with pytest.raises(RaAnswerMalformed):
        Account.parse(Members(changed(ACCOUNT, ("cards",), ACCOUNT["cards"] * 1001)))


def test_terms_are_the_ones_the_digest_is_of() -> None:
    with pytest.raises(RaAnswerMalformed):
        Terms.parse(Members(changed(TERMS, ("text",), "You owe us everything.")))


def test_blocks_have_one_length() -> None:
    with pytest.raises(RaAnswerMalformed):
        WitnessAnswer.parse(Members(changed(WITNESS, ("challenge",), "02" * 8)))


def test_foreign_card_tells_nothing_else() -> None:
    assert CardAtRa.parse(Members({"mine": False, "card_id": "x"})) == CardAtRa(mine=False)


def test_token_is_a_secret() -> None:
    signed_in = SignedIn.parse(Members(SHAPES[SignedIn]))
    assert signed_in.token.text().startswith("-t0ken_")
    assert "t0ken" not in repr(signed_in)


def test_personal_data_are_not_in_the_repr() -> None:
    assert "王小明" not in repr(Account.parse(Members(ACCOUNT)))


def test_order_state() -> None:
    assert Order.parse(Members(ORDER)).state is OrderState.CREATED


def test_a_fee_belongs_to_its_order_and_its_unit() -> None:
    fee = Order.parse(Members({**ORDER, "fee": FEE})).fee
    assert fee is not None
    assert (fee.amount, fee.state, fee.account) == (60, FeeState.RESERVED, "***********567")
    assert Order.parse(Members({**ORDER, "fee": None})).fee is None
    unit = UnitInfo.parse(Members({**UNIT, "fee": UNIT_FEE}))
    assert unit.fee is not None
    assert unit.fee.accounts == ("passbook", "giro")


def test_presentable() -> None:
    assert is_presentable("王小明 🙂")
    assert not is_presentable("a\nb")
    assert is_presentable("a\nb", lines=True)
    assert not is_presentable("\u2066", lines=True)
