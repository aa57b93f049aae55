"""What an answer may cost: measured in a process of its own, refused in words, and never taken for PASI being away."""

import json
import subprocess
import sys

import pytest

from pasi_connect.soap import answers, limits
from pasi_connect.soap.contract import contract
from tests.pasi_connect.soap.schema_answers import envelope

MEASURE = """
import json, resource, sys
from pasi_connect.soap import answers
from pasi_connect.soap.contract import contract
from pasi_connect.soap.limits import TooMuch
operation = contract().operations["HelloWorld"]
body = eval(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    answers.read(operation, 200, body, False)
    said = ""
except TooMuch as error:
    said = str(error)
print(json.dumps([said, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024]))
"""
WRAPPED = 'b\'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><HelloWorldResponse xmlns="urn:pasi:core:service:2020">\' + {}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("b'<a/>' * 9_000_000", "more elements"),
        ("b'<a ' + b' '.join(b'a%x=\"\"' % n for n in range(4_000_000))", "more elements"),
        ("b'<a>' * 300 + b'</a>' * 300", "nested deeper"),
    ],
    ids=["elements", "attributes", "depth"],
)
def test_thirty_six_megabytes_of_nothing_take_no_memory(content, said):
    child = subprocess.run(
        [sys.executable, "-c", MEASURE, WRAPPED.format(content)], capture_output=True, text=True, check=True
    )
    words, megabytes = json.loads(child.stdout)
    assert said in words
    assert megabytes < 20


def test_the_largest_full_set_fits():
    """150,000 pairs: the element, its two members, and their ends."""
    assert limits.MOST_MARKS > 150_000 * 6 * 1.5


def test_other_encodings_than_those_counted_are_no_xml():
    body = '<?xml version="1.0" encoding="cp037"?>'.encode("cp037") + envelope("<a/>").encode("cp037")
    said = answers.read(contract().operations["HelloWorld"], 200, body, False)
    assert (said.outcome, said.answered) == ("unavailable", False)
