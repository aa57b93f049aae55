"""Writes the list to the terminal: `python -m pasi_simulator.published`."""

import sys

from pasi_simulator.__main__ import DEFAULT_WSDL
from pasi_simulator.contract import Contract
from pasi_simulator.published.listing import sections
from pasi_simulator.published.writing import markdown

if __name__ == "__main__":
    sys.stdout.write(markdown(sections(Contract(DEFAULT_WSDL))))
