"""A submission that a sender has claimed, and its call."""

from pasi_connect.services.queue import claiming, outcomes
from pasi_connect.soap import gateway


def claimed(world, enrolment, **wanted):
    queued = world.queue(enrolment, **wanted)
    return claiming.claim(queued.pk)


def fly(flight):
    outcomes.record(flight, gateway.exchange(flight.message))
