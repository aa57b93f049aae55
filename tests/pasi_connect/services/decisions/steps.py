"""What a person and the worker do between two looks at a record."""

from sis.models import SchoolEnrolment


def present(enrolment):
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment.pk)


def settle(world, enrolment):
    sent = world.send(world.take_up(enrolment))
    world.pull()
    return sent


def stays_visible(world):
    """A record whose student has a second one at another of our schools: PASI shows us also what moves to other authorities."""
    return world.all_in_step(1, student=world.in_step(world.other).student)[0]
