from operations.actor import Actor
from operations.services import jobs
from registrar.models import YearEndRehearsal
from registrar.services import year_end
from sis.rules.school_year import SchoolYear


def rehearsal(officer: Actor, year: SchoolYear, school_code: str = "", early: bool = True) -> YearEndRehearsal:
    """A year end that has been rehearsed, by the service and its job."""
    made = year_end.rehearse(officer, year_end.scope_now(year, school_code, early))
    jobs.run(made.job_id)
    made.refresh_from_db()
    assert made.job.status == "completed"
    return made
