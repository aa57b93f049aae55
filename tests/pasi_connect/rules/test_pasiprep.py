"""The address of PASIprep: a pattern with one place for the RefId, https, one host."""

import pytest

from pasi_connect.rules import pasiprep
from pasi_connect.rules.pasiprep import NO_HOST, NO_PLACEHOLDER, NOT_HTTPS, ODD, WITH_USER, address, fault

GOOD = [
    "https://pasiprep.example.org/enrolment/{ref_id}",
    "HTTPS://PASIprep.Example.org/enrolment/{ref_id}/view",
    "https://pasiprep.example.org:8443/e?id={ref_id}&tab=1",
    "https://pasiprep.example.org#/enrolment/{ref_id}",
    "https://pasiprep/e/{ref_id}",
    "https://10.1.2.3/e/{ref_id}",
    "https://127.0.0.1:9000/e/{ref_id}",
    "https://pasiprep.example.org/a@b/{ref_id}",
]
ON_THIS_MACHINE = [
    "http://127.0.0.1:9000/enrolments/{ref_id}/",
    "http://localhost/enrolments/{ref_id}/",
    "http://[::1]:9000/enrolments/{ref_id}/",
]
BAD = [
    ("http://pasiprep.example.org/{ref_id}", NOT_HTTPS),
    ("pasiprep.example.org/{ref_id}", NOT_HTTPS),
    ("//pasiprep.example.org/{ref_id}", NOT_HTTPS),
    ("javascript:alert({ref_id})", NOT_HTTPS),
    ("javascript://pasiprep.example.org/%0aalert({ref_id})", NOT_HTTPS),
    ("data:text/html,{ref_id}", NOT_HTTPS),
    ("ftp://pasiprep.example.org/{ref_id}", NOT_HTTPS),
    ("https:/pasiprep.example.org/{ref_id}", NOT_HTTPS),
    ("http://127.0.0.1.example.org/{ref_id}", NOT_HTTPS),
    ("http://localhost.example.org/{ref_id}", NOT_HTTPS),
    ("https://clerk@pasiprep.example.org/{ref_id}", WITH_USER),
    ("https://clerk:word@pasiprep.example.org/{ref_id}", WITH_USER),
    ("https://pasiprep.example.org@elsewhere.example/{ref_id}", WITH_USER),
    ("http://127.0.0.1@elsewhere.example/{ref_id}", WITH_USER),
    ("https:///{ref_id}", NO_HOST),
    ("https://?{ref_id}", NO_HOST),
    ("https://one.example.org,two.example.org/{ref_id}", NO_HOST),
    ("https://-pasiprep.example.org/{ref_id}", NO_HOST),
    ("https://pasiprep..example.org/{ref_id}", NO_HOST),
    ("https://pasiprep.example.org:/{ref_id}", NO_HOST),
    ("https://pasiprep.example.org:99999/{ref_id}", NO_HOST),
    ("https://pasiprep.example.org:80:81/{ref_id}", NO_HOST),
    ("https://{ref_id}.example.org/", NO_HOST),
    ("https://{ref_id}.example.org/{ref_id}", NO_HOST),
    ("https://pasiprep.example.org:{ref_id}/", NO_HOST),
    ("https://pasiprep.example.org/enrolment/", NO_PLACEHOLDER),
    ("https://pasiprep.example.org/{ref_id}/{ref_id}", NO_PLACEHOLDER),
    ("https://pasiprep.example.org/{asn}/{ref_id}", ODD),
    ("https://pasiprep.example.org/{{ref_id}}", ODD),
    ("https://pasiprep.example.org/ {ref_id}", ODD),
    ("https://one.example.org/ https://two.example.org/{ref_id}", ODD),
    ("https://pasiprep.example.org\\@elsewhere.example/{ref_id}", ODD),
    ('https://pasiprep.example.org/"onclick="{ref_id}', ODD),
    ("https://pasiprep.example.org/\n{ref_id}", ODD),
    ("https://pasipr\u00eap.example.org/{ref_id}", ODD),
]


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("pattern", GOOD)
def test_a_good_pattern(pattern, demo):
    assert fault(pattern, demo=demo) == ""
    assert address(pattern, "7f", demo=demo) == pattern.replace("{ref_id}", "7f")


@pytest.mark.parametrize("pattern", ON_THIS_MACHINE)
def test_http_to_this_machine_is_good_in_the_demo_alone(pattern):
    assert fault(pattern, demo=True) == ""
    assert fault(pattern) == NOT_HTTPS
    assert address(pattern, "7f") == ""


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize(("pattern", "told"), BAD)
def test_a_bad_pattern_is_told_and_makes_no_link(pattern, told, demo):
    assert fault(pattern, demo=demo) == told
    assert address(pattern, "7f", demo=demo) == ""


def test_without_a_pattern_there_is_no_link():
    assert address("", "7f") == ""
    assert pasiprep.PLACEHOLDER == "{ref_id}"
