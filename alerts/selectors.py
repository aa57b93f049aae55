"""Reads of the alerts. Each takes the person who asks, or serves everybody's mails."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.models import Absence, Assignment, Mail, SeenRecord
from alerts.rules import absence as absence_rules
from operations import clock, rights, silence
from operations.models import Notice, User
from operations.services.notices import WHOLE
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy, EnrolmentCopy
from pasi_connect.models.discrepancy import WAITS
from pasi_connect.services.compare.context import Context
from sis import selectors as sis
from sis.models import School, SchoolAccess, SchoolEnrolment

ME, NOBODY, ANYBODY = "me", "nobody", "anybody"  # whose items a list shows

DECIDES = rights.to("decide", "change")[0]
BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_ELSEWHERE = 1_000_000
MOST_LISTED = 2_000  # of a school's own students at other schools, the newest; nobody reads further


# People ----------------------------------------------------------------------------------------------------------


def deciders() -> QuerySet[User]:
    """Active people who decide on changes from PASI, at whichever school."""
    people: QuerySet[User] = User.objects.with_perm(DECIDES, backend=BACKEND)
    return people.filter(kind=User.Kind.PERSON)


def everywhere() -> QuerySet[User]:
    """Those who see all schools of the authority."""
    people: QuerySet[User] = User.objects.with_perm(rights.EVERY_SCHOOL, backend=BACKEND)
    return people


def colleagues(school_code: str) -> QuerySet[User]:
    """Active people who decide on changes of this school."""
    here = SchoolAccess.objects.filter(user=OuterRef("pk"), school__code=school_code)
    rows = deciders().filter(Exists(here) | Q(pk__in=everywhere().values("pk")))
    return rows.order_by("last_name", "first_name", "pk")


def who_can_stand_in(user: User) -> QuerySet[User]:
    """Colleagues who decide at every school of the person: whatever is handed over, they can see it."""
    people = deciders().exclude(pk=user.pk)
    if not sis.sees_all(user):
        schools = list(sis.schools(user).values_list("pk", flat=True))
        if not schools:
            return User.objects.none()
        lacking = School.objects.filter(pk__in=schools).exclude(access__user=OuterRef("pk"))
        people = people.filter(Q(pk__in=everywhere().values("pk")) | ~Exists(lacking))
    else:
        people = people.filter(pk__in=everywhere().values("pk"))
    return people.order_by("last_name", "first_name", "pk")


def absences(user: User) -> QuerySet[Absence]:
    """The person's own, present and to come."""
    return Absence.objects.filter(user=user, ended_at=None, last_day__gte=clock.today()).select_related("stand_in")


def present_absences() -> QuerySet[Absence]:
    today = clock.today()
    return Absence.objects.filter(ended_at=None, first_day__lte=today, last_day__gte=today)


def stand_ins() -> dict[int, int]:
    """Who stands in today, in the end, for each person who is away. A stand-in who decides no more leaves the work where it is."""
    chosen = dict(present_absences().filter(stand_in__in=deciders()).values_list("user_id", "stand_in_id"))
    return absence_rules.stand_ins(chosen)


def stood_in_for(user: User, stand_in_of: dict[int, int] | None = None) -> list[int]:
    """The people whose work the person has today, themselves first."""
    away = stand_ins() if stand_in_of is None else stand_in_of
    return [user.pk, *(who for who, stand_in in away.items() if stand_in == user.pk)]


# Items -----------------------------------------------------------------------------------------------------------


def needing_a_person(items: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
    """Open ones with a field to decide, or whose reset PASI has refused."""
    return items.filter(WAITS | pasi.refused(), status=Discrepancy.Status.OPEN)


def held_by(people: Iterable[int] | None = None) -> Exists:
    """Of an item: one of `people`, or anybody, looks after it."""
    held = Assignment.objects.filter(key=OuterRef("key"))
    return Exists(held if people is None else held.filter(user__in=list(people)))


def held_by_colleagues(people: Iterable[int]) -> Exists:
    """Of an item: somebody beside `people` looks after it who still decides at its school."""
    at_school = SchoolAccess.objects.filter(user=OuterRef("user"), school__code=OuterRef(OuterRef("school_code")))
    others = Assignment.objects.filter(key=OuterRef("key"), user__in=deciders()).exclude(user__in=list(people))
    return Exists(others.filter(Exists(at_school) | Q(user__in=everywhere())))


def holding_people(school_codes: Iterable[str] | None = None) -> QuerySet[User]:
    """Those who look after an open change, at one of these schools or at all."""
    open_ones = Discrepancy.objects.filter(key=OuterRef("key"), status=Discrepancy.Status.OPEN)
    if school_codes is not None:
        open_ones = open_ones.filter(school_code__in=list(school_codes))
    held = Assignment.objects.filter(Exists(open_ones))
    return User.objects.filter(pk__in=held.values("user")).order_by("last_name", "first_name", "pk")


def holders(keys: Iterable[str]) -> dict[str, Assignment]:
    """The present assignment of each record, in one query."""
    rows = Assignment.objects.filter(key__in=list(keys)).select_related("user")
    return {assignment.key: assignment for assignment in rows}


# Notices ---------------------------------------------------------------------------------------------------------


def all_notices(user: User) -> QuerySet[Notice]:
    """Those of the person's schools, those to the person alone; for those who run the product, also what it tells of itself."""
    of_schools = Notice.objects.none()
    if rights.can(user, "view", "change"):
        of_schools = sis.scoped(Notice.objects.filter(person=None).exclude(school_code=WHOLE), user)
    others = Q(person=user)
    if silence.is_told(user):
        others |= Q(person=None, school_code=WHOLE)
    return of_schools | Notice.objects.filter(others)


def notices(user: User) -> QuerySet[Notice]:
    """What has to be known and nobody has seen."""
    return all_notices(user).filter(seen_at=None)


def to_end(user: User) -> QuerySet[Notice]:
    """Those of them that the person may end."""
    rows = notices(user)
    return rows if user.has_perm(DECIDES) else rows.filter(school_code=WHOLE)  # nor have one's own a school


def may_end(user: User, notice: Notice) -> bool:
    """Those who decide end a school's notices; those who run the product its own; everybody their own."""
    if notice.person_id:
        return notice.person_id == user.pk
    return silence.is_told(user) if notice.school_code == WHOLE else user.has_perm(DECIDES)


def foreign_codes() -> list[str]:
    """Codes of schools outside of the authority of which we hold enrolments.

    From value to value of the index: half a million records of our own schools are not read for a few of others.
    """
    table = connection.ops.quote_name(EnrolmentCopy._meta.db_table)
    step = f"SELECT min(school_code) FROM {table}"  # noqa: S608 - the name comes from the model
    following = f"{step} WHERE school_code > found.code"
    recursion = f"{step} UNION ALL SELECT ({following}) FROM found WHERE found.code IS NOT NULL"  # noqa: S608
    statement = f"WITH RECURSIVE found(code) AS ({recursion}) SELECT code FROM found WHERE code IS NOT NULL"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement)
        codes = [code for (code,) in cursor.fetchall() if code]
    own = set(School.objects.values_list("code", flat=True))
    return [code for code in codes if code not in own]


def stays_of(user: User, years: Iterable[Any]) -> QuerySet[SchoolEnrolment]:
    """The person's students' enrolments that take part."""
    rows = sis.enrolments(user).select_related(None).order_by()
    return rows.filter(deleted=False, school_year__in=[year.ending for year in years])


def records_elsewhere(user: User) -> QuerySet[EnrolmentCopy]:
    """Live records of students of the person's schools at other schools: of other authorities, and of ours that are not theirs."""
    return _elsewhere(user, unseen=False)


def other_records(user: User) -> QuerySet[EnrolmentCopy]:
    """Those that one of the person's schools where the student is has not seen at this version."""
    return _elsewhere(user, unseen=True)


def _elsewhere(user: User, unseen: bool) -> QuerySet[EnrolmentCopy]:
    years = Context().years
    stays = stays_of(user, years).filter(student__asn=OuterRef("asn"))
    rows = SeenRecord.objects.filter(
        key=OuterRef(OuterRef("key")),
        core_version=OuterRef(OuterRef("core_version")),
        school_code=OuterRef("school__code"),
    )
    live = EnrolmentCopy.objects.filter(
        school_year__in=[year.ending for year in years], deleted=False, vanished_at=None
    ).order_by()
    # The limit is a fence: without it PostgreSQL scans half a million records of our own schools in page order.
    few = live.filter(school_code__in=foreign_codes()).values("pk")[:MOST_ELSEWHERE]
    wanted = Exists(stays.filter(~Exists(rows)) if unseen else stays)
    copies = EnrolmentCopy.objects.defer("document")
    foreign = copies.filter(wanted, pk__in=few)
    near = _newest(_at_our_other_schools(user, live, years).filter(wanted))
    # Joined here: an OR of both would make the database look at every record.
    return copies.filter(pk__in=[*near, *_newest(foreign)]) if near else foreign


def _newest(copies: QuerySet[EnrolmentCopy]) -> list[int]:
    return list(copies.order_by("-pk").values_list("pk", flat=True)[:MOST_LISTED])


def _at_our_other_schools(user: User, live: QuerySet[EnrolmentCopy], years: Iterable[Any]) -> QuerySet[EnrolmentCopy]:
    """Found from the person's students on: a district has a hundred times more records than a school has students."""
    codes = sis.school_codes(user)
    if codes is None:
        return live.none()
    mine = stays_of(user, years).exclude(student__asn=None)
    same_year = mine.filter(student__asn=OuterRef("asn"), school_year=OuterRef("school_year"))
    others = School.objects.exclude(code__in=codes).values("code")
    return live.filter(asn__in=mine.values("student__asn"), school_code__in=others).filter(Exists(same_year))


# Mail ------------------------------------------------------------------------------------------------------------


def mails(user: User) -> QuerySet[Mail]:
    """The person's own."""
    return Mail.objects.filter(user=user)
