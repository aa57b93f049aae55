"""The forms that a cell may have, what each means, and whether PASIprep itself writes it.

Sources: direct-connect 20.1 (value forms), 20.6 (quirks), 20.7 (what opening and saving in a spreadsheet does).
"""

from dataclasses import dataclass

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class Form:
    """`foreign`: PASIprep never exports it, so somebody's program wrote it. `readable`: its value is certain."""

    code: str
    sentence: str
    foreign: bool = True
    readable: bool = True


PLAIN = Form("", "", foreign=False)
# Not damage: PASIprep's users and importers write "-" for none, and nobody knows which composition PASIprep writes.
NONE = Form("none", gettext_noop("“-” or blanks for none"), foreign=False)
COMPOSED = Form("composed", gettext_noop("accents written as separate characters"), foreign=False)

FORMS: tuple[Form, ...] = (
    PLAIN,
    NONE,
    COMPOSED,
    Form("invisible", gettext_noop("invisible characters, removed")),
    Form("blanks", gettext_noop("other kinds of spaces, such as non-breaking ones, read as spaces")),
    Form("guard", gettext_noop('a spreadsheet\'s guard (="…" or a leading apostrophe), removed')),
    Form("asn_hyphens", gettext_noop("ASN with corrected hyphens")),
    Form("asn_zeros", gettext_noop("ASN with its leading zeros and hyphens restored")),
    Form("code", gettext_noop("code with different case or spaces")),
    Form("year", gettext_noop("school year in a short form")),
    Form("number", gettext_noop("number in another form, such as 75.0 for 75")),
    Form("date", gettext_noop("date in another form that has only one meaning")),
    Form("date_time", gettext_noop("date with a time of day, read as a date")),
    Form("date_order", gettext_noop("date read in the order of day and month used in the column")),
    Form("yes_no", gettext_noop("Yes or No in another form, such as TRUE or FALSE")),
    Form("key_blank", gettext_noop("blank"), foreign=False, readable=False),
    Form("asn_digits", gettext_noop("not the nine digits of an ASN"), readable=False),
    Form("asn_short", gettext_noop("too few digits for an ASN that lost its leading zeros"), readable=False),
    Form("code_date", gettext_noop("a date instead of the code: a spreadsheet has changed it"), readable=False),
    Form("scientific", gettext_noop("in scientific notation: digits are lost"), readable=False),
    Form("year_unknown", gettext_noop("school year that cannot be determined"), readable=False),
    Form("number_unclear", gettext_noop("comma that may separate thousands or decimals"), readable=False),
    Form("number_unknown", gettext_noop("not a number"), readable=False),
    Form("date_unclear", gettext_noop("day and month cannot be told apart"), readable=False),
    Form("date_weekday", gettext_noop("the weekday contradicts the date"), readable=False),
    Form("date_zone", gettext_noop("time with a zone: in Alberta it is another day"), readable=False),
    Form("date_serial", gettext_noop("a spreadsheet's day number instead of a date"), readable=False),
    Form("date_unknown", gettext_noop("not a date"), readable=False),
    Form("yes_no_unknown", gettext_noop("neither Yes nor No"), readable=False),
    Form("spreadsheet_error", gettext_noop("a spreadsheet's error instead of the value"), readable=False),
)
BY_CODE: dict[str, Form] = {form.code: form for form in FORMS}


@dataclass(frozen=True)
class Reading:
    """What a cell means: its `value` (the cell itself where it is unreadable) and the form that it came in."""

    value: str
    form: Form = PLAIN
