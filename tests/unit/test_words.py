"""Words: every error and page in both languages, with the same placeholders, none of them made up."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import cardtool.errors
from cardtool.errors import CardHeld, CardToolError, PinNotSent, RaBusy, RaNotTrusted, WrongPin, all_errors
from cardtool.words import (
    ERROR_PARTS,
    LANGUAGES,
    PAGE_PARTS,
    Catalogue,
    ErrorWords,
    PageWords,
    Words,
    detect_language,
    load_catalogue,
    placeholders,
    usual_data,
)

FILES = {
    language: (files("resources") / "words" / f"{language}.toml").read_text("utf-8") for language in LANGUAGES
}
CHINESE, ENGLISH = (tomllib.loads(FILES[language]) for language in LANGUAGES)
HALF_WIDTH = r"[\u4e00-\u9fff」）][,;:?!()]|[,;:?!()][\u4e00-\u9fff「（]"
ERRORS = sorted(all_errors().items())
LATIN_THAT_IS_MEANT = {
    "APC",
    "APDU",
    "ATR",
    "C",
    "CSP",
    "Caps",
    "Card",
    "DER",
    "GIDS",
    "JSON",
    "Linux",
    "Lock",
    "PEM",
    "PFX",
    "PIV",
    "RA",
    "SHA",
    "Smart",
    "Windows",
    "answers",
    "cer",
    "expert",
    "help",
    "https",
    "pcscd",
    "practice",
    "reset",
}
PAGES = [*ENGLISH["page"]]
PROMISED_PAGES = {
    *("HOME", "OUT-1", "SET-1", "HLP-1"),
    *(f"{wizard}-{page}" for wizard in ("SGN", "CRD", "SIG") for page in (1, 2, 3)),
    *(f"APC-{page}" for page in range(1, 7)),
}


def leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


FLAT_CHINESE = dict(leaves(CHINESE))
FLAT_ENGLISH = dict(leaves(ENGLISH))


def every_class(kind: type[CardToolError] = CardToolError) -> Iterator[type[CardToolError]]:
    for child in kind.__subclasses__():
        yield child
        yield from every_class(child)


def test_error_codes_are_unique() -> None:
    coded = [kind for kind in every_class() if "code" in vars(kind)]
    assert len(coded) == len({kind.code for kind in coded}) == len(ERRORS)


def test_both_languages_have_the_same_keys() -> None:
    assert FLAT_CHINESE.keys() == FLAT_ENGLISH.keys()


@pytest.mark.parametrize(("language", "whole"), [("zh_TW", CHINESE), ("en", ENGLISH)])
def test_table_by_table_is_what_the_file_says(language: str, whole: Mapping[str, Any]) -> None:
    catalogue = load_catalogue(language)
    assert catalogue.table("nowhere") == {}
    for (*table, key), text in leaves(whole):
        assert catalogue.table(".".join(table))[key] == text


def test_placeholders_are_the_same() -> None:
    chinese = {path: placeholders(text) for path, text in FLAT_CHINESE.items()}
    assert chinese == {path: placeholders(text) for path, text in FLAT_ENGLISH.items()}


@pytest.mark.parametrize("language", ["zh_TW", "en"])
@pytest.mark.parametrize(("code", "kind"), ERRORS)
def test_every_error_says_four_things(code: str, kind: type[CardToolError], language: str) -> None:
    table = load_catalogue(language).table(f"error.{code}")
    assert set(ERROR_PARTS) <= table.keys()
    names = set(kind.fields)
    for key, template in table.items():
        assert template.strip()
        assert key.split("_")[0] in ERROR_PARTS
        assert placeholders(template) <= names
    explained = Words(language, strict=True).explain(code)
    assert isinstance(explained, ErrorWords)
    assert explained == Words(language, strict=True).error(kind(**usual_data(kind)))


def test_words_exist_for_no_error_that_does_not() -> None:
    assert ENGLISH["error"].keys() == all_errors().keys()


def test_promised_pages_are_there() -> None:
    assert set(PAGES) >= PROMISED_PAGES


@pytest.mark.parametrize("code", PAGES)
def test_every_page_has_words(code: str) -> None:
    assert set(PAGE_PARTS) <= ENGLISH["page"][code].keys()
    assert isinstance(Words("zh_TW", strict=True).explain(code.lower()), PageWords)


def test_chinese_is_chinese() -> None:
    for path, template in FLAT_CHINESE.items():
        text = re.sub(r"\{[^}]*\}", "", template)
        assert set(re.findall(r"[A-Za-z]+", text)) <= LATIN_THAT_IS_MEANT, path
        assert not re.search(HALF_WIDTH, text), f"{path}: Chinese has full-width punctuation"
        assert re.search(r"[\u4e00-\u9fff]", text), path


def test_chinese_follows_the_glossary() -> None:
    everything = "".join(FLAT_CHINESE.values())
    for foreign in ("PIN", "PUK", "智能卡", "註冊機構", "證書", "網絡", "信息", "屏幕", "默認", "登錄"):
        assert foreign not in everything


def test_variants_by_value() -> None:
    words = Words("en", strict=True)
    assert words.error(WrongPin(2)).title == "The PIN is wrong: 2 tries left"
    assert words.error(WrongPin(1)).title == "The PIN is wrong: only 1 try left"
    assert words.error(WrongPin(None)).title == "The PIN is wrong"
    assert words.error(CardHeld("Reader", "")).title == "Another program is using the card"
    assert "6 to 8" in words.error(PinNotSent("length")).title
    assert "30 seconds" in words.error(RaBusy(30)).title
    assert words.text("label.tries_left", count=None) == "tries left: not known"


def test_values_from_outside_stay_one_short_line() -> None:
    title = Words("en").error(RaNotTrusted("Evil\x1b[31m\n\u202e{code}" + "x" * 1000)).title
    assert title.isprintable()
    assert "{code}" in title
    assert len(title) < 250


def test_unknown_language_is_english() -> None:
    assert Words("tlh").language == "en"


def test_missing_key_falls_back_and_is_loud_in_tests() -> None:
    assert Words("zh_TW").text("label.never_written") == "never_written"
    with pytest.raises(LookupError):
        Words("zh_TW", strict=True).text("label.never_written")


def test_missing_chinese_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogues = {"zh_TW": Catalogue(""), "en": load_catalogue("en")}
    monkeypatch.setattr("cardtool.words.load_catalogue", catalogues.__getitem__)
    assert Words("zh_TW").act("write") == "Write the certificate"


def test_explain_knows_no_other_codes() -> None:
    assert Words("en").explain("X999") is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_TW.UTF-8"}, "zh_TW"),
        ({"LANG": "zh_HK.UTF-8"}, "zh_TW"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "zh_TW"}, "zh_TW"),
    ],
)
def test_detect_language(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert detect_language() == expected


def test_detect_language_without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Traditional)_Taiwan", "950"))
    assert detect_language() == "zh_TW"


def test_every_act_of_every_flow_has_words() -> None:
    flows = Path(cardtool.errors.__file__).with_name("flows")
    sources = "".join(file.read_text(encoding="utf-8") for file in flows.rglob("*.py"))
    acts = set(re.findall(r'\bAct\(\s*"([^"]+)"', sources))
    assert acts
    assert acts <= ENGLISH["act"].keys()
