"""A made-up kind of record, registered from here alone: lockers, of a school and of no year, each lent until a day.

It proves that the engine carries a kind that it has never heard of: with `tests.lockers.settings` the whole registry suite runs
over it too (the part `made_up` of `tests/parts.py`). Nothing of it is in the product or in its simulator.
"""
