"""Steps are counted along the road the person is on; codes never change."""

from __future__ import annotations

from cardtool.ui.road import Road


def test_the_usual_road() -> None:
    road = Road.of("APC")
    for page in ("APC-1", "APC-2", "APC-3", "APC-4", "APC-6"):
        road.reach(page)
    assert road.pages == ["APC-1", "APC-2", "APC-3", "APC-4", "APC-6"]
    assert road.place == 4


def test_signing_in_first_comes_before_everything() -> None:
    road = Road.of("APC")
    road.reach("SGN-1")
    assert road.pages[:2] == ["SGN-1", "APC-1"]
    road.reach("SGN-2")
    assert road.pages[:3] == ["SGN-1", "SGN-2", "APC-1"]
    road.reach("APC-1")
    assert road.place == 2


def test_signing_in_again_midway_stands_where_it_happens() -> None:
    road = Road.of("APC")
    road.reach("APC-1")
    road.reach("APC-3")
    road.reach("SGN-1")
    assert road.pages.index("SGN-1") == 3
    road.reach("APC-3")
    assert road.current == "APC-3"


def test_first_sign_in_meets_the_new_password() -> None:
    road = Road.of("SGN")
    road.reach("SGN-1")
    road.reach("SGN-2")
    assert road.pages == ["SGN-1", "SGN-2", "SGN-3"]
