"""Schools of the authority, as the ministry names them: one-way reference data."""

from operations.actor import SYNC
from operations.services import audit
from sis.models import Authority, School


def follow_pasi(rows: list[tuple[str, str, str]]) -> None:
    """(code, name, authority code) of schools: ours get the ministry's name, a new one of ours begins inactive."""
    authority = Authority.objects.first()
    if authority is None:
        return
    here = {school.code: school for school in School.objects.filter(code__in=[code for code, _, _ in rows])}
    for code, name, authority_code in rows:
        if authority_code != authority.code or not name:
            continue
        school = here.get(code)
        if school is None:
            school = School.objects.create(authority=authority, code=code, name=name)
            audit.record(SYNC, audit.Entry("school created", "school", str(school.pk), code, {"name": [None, name]}))
        elif school.name != name:
            before, school.name = school.name, name
            school.save(update_fields=["name"])
            audit.record(SYNC, audit.Entry("school renamed", "school", str(school.pk), code, {"name": [before, name]}))
