"""The unit of these tests."""

from __future__ import annotations

from pathlib import Path

UNIT = "harbour"
TEXT = """
id = "harbour"
carrier = "file"
validity_years = 1
renewal_opens_days = 30
order_days = 3
terms = "agree"
terms_version = "7"
suspension_after = 3
first_sign_in_change = false
sign_in_again_after_change = false
names = { zh_TW = "港務", en = "Harbour office" }
sign_in = { identifier = "account", captcha = true }
site_password = { minimum = 8, maximum = 30, digit = true }
file = { key_algorithm = "P-256", est = true }
subject = { country = "TW", organisation = "Harbour" }
support = { phone = "1", hours = { zh_TW = "週一", en = "Monday" } }
"""


def write_unit(folder: Path) -> Path:
    (folder / UNIT).mkdir(parents=True)
    (folder / f"{UNIT}.toml").write_text(TEXT, "utf-8")
    for language in ("zh_TW", "en"):
        (folder / UNIT / f"terms.{language}.md").write_text(f"# Terms {language}\n\nText", "utf-8")
    return folder
