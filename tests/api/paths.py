"""Addresses and days of the enrolment of the house."""

import datetime as dt


def address(house):
    return f"enrolments/{house.enrolment.pk}/"


def day(house, month, number):
    return dt.date(house.enrolment.school_year.ending, month, number).isoformat()
