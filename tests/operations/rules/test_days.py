import datetime as dt

import pytest

from operations.rules import days

DAY = dt.date(2026, 11, 27)
FORMS = (
    "2026-11-27", "2026/11/27", "2026.11.27", "20261127", " 27 November 2026 ", "27 nov. 2026", "27 novembre 2026",
    "Nov 27, 2026", "November 27 2026", "NOVEMBER 27th, 2026", "27/11/2026", "11/27/2026", "27-11-2026",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_common_forms_are_one_day(text):
    assert days.parse(text) == DAY


@pytest.mark.parametrize("text", ["1er décembre 2026", "1 déc. 2026", "Dec 1, 2026", "2026-12-1"])
def test_french_and_short_forms(text):
    assert days.parse(text) == dt.date(2026, 12, 1)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_known_in_both_languages(month):
    english = dt.date(2026, month, 9).strftime("%B")
    french = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()[month - 1]
    assert days.parse(f"9 {english} 2026") == days.parse(f"9 {french} 2026") == dt.date(2026, month, 9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11/12/2026", "ambiguous"),
        ("1.2.2026", "ambiguous"),
        ("2026-02-30", "none"),
        ("31 November 2026", "none"),
        ("13/13/2026", "none"),
        ("0000-01-01", "none"),
        ("tomorrow", "form"),
        ("27 Smarch 2026", "form"),
        ("26-11-27", "form"),
        ("2026-11-27T10:00", "form"),
        ("２０２６-11-27x", "form"),
        ("", "form"),
    ],
)
def test_what_is_not_one_day_says_why(text, reason):
    with pytest.raises(days.NotADay) as refusal:
        days.parse(text)
    assert refusal.value.reason == reason
