"""The last page of 500,000 rows against the first, as people and as other products ask for it; and rows with equal sort values."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.views.lists import SIZE
from pasi_connect.models import Discrepancy, Submission
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from tests import factories
from tests.benchmarks import queue
from tests.benchmarks.measuring import Figure, at_most, interleaved, within
from tests.factories.people import token_of

TIMES = 3  # times a page is asked for in one round
TIES = 5_000


def multiply(model: type[Model], pk: int, count: int, **different: str) -> None:
    """`count` more rows like row `pk`; `different` gives SQL for columns that must differ, `n` being the row's number."""
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join(different.get(name, f"t.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {values} "
            f"FROM {model._meta.db_table} t CROSS JOIN generate_series(1, %s) AS n WHERE t.id = %s ORDER BY n",
            [count, pk],
        )


def fill(count: int) -> None:
    queue.set_up(1)
    enrolment = SchoolEnrolment.objects.get()
    students = max(1, count // 10)
    multiply(
        Student,
        enrolment.student_id,
        students,
        asn="(200000000 + n)::text",
        local_number="'M' || n",
        search_name="'varga ' || n || ' ines'",
        external_id="NULL",
    )
    first = Student.objects.order_by("pk")[1].pk
    multiply(SchoolEnrolment, enrolment.pk, count - 1, student_id=f"{first} + n %% {students}", external_id="NULL")
    item = Discrepancy.objects.create(
        kind="changed_in_pasi",
        key=factories.link_of(enrolment).key,
        school_enrolment=enrolment,
        school_code=enrolment.school.code,
        school_year=enrolment.school_year,
        asn=enrolment.student.asn,
        fields=[{"name": "grade", "agreed": "08", "sis": "08", "pasi": "09", "state": "changed_in_pasi"}],
        undecided=1,
        version="1",
        opened_at=clock.now(),
    )
    lowest = SchoolEnrolment.objects.order_by("pk")[1].pk
    # Two hundred groups of alike changes, so that Home has something to group.
    multiply(
        Discrepancy,
        item.pk,
        count - 1,
        key="gen_random_uuid()::text",
        subject_id=f"{lowest} + n - 1",
        alike="substr(md5((n %% 200)::text), 1, 16)",
    )
    row = factories.submission(enrolment, "accepted", finished_at=clock.now())
    multiply(
        Submission, row.pk, count - 1, key="gen_random_uuid()::text", subject_id=f"{lowest} + n - 1", lane="'s' || n"
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def every_row(get: Callable[[str], dict], start: str) -> Iterator[int]:
    """The ids of an API list, page after page to its end."""
    address: str | None = start
    while address:
        page = get(address)
        yield from (row["id"] for row in page["results"])
        address = page["next"] and "?".join(urlsplit(page["next"])[2:4])


def ties(api: Callable[[str], dict]) -> list[Figure]:
    """5,000 rows of one school and one moment through the API; 5,000 students of one name through the list of names."""
    item = Discrepancy.objects.order_by("pk")[0]
    multiply(Discrepancy, item.pk, TIES, key="gen_random_uuid()::text", school_code="'4777'")
    seen = list(every_row(api, "/api/v1/discrepancies/?school=4777"))
    wanted = set(Discrepancy.objects.filter(school_code="4777").values_list("pk", flat=True))
    items = len(seen) == TIES and set(seen) == wanted
    one = Student.objects.order_by("pk")[0]
    multiply(
        Student,
        one.pk,
        TIES,
        asn="(300000000 + n)::text",
        local_number="'T' || n",
        search_name="'tie'",
        external_id="NULL",
    )
    same, found, params = Student.objects.filter(search_name="tie"), [], {}
    while True:
        page = sis_selectors.in_order(same, params, SIZE)
        found += [student.pk for student in page.rows]
        if page.next is None:
            break
        params = dict([page.next])
    names = len(found) == TIES and set(found) == set(same.values_list("pk", flat=True))
    return [
        Figure("5,000 items of one moment: every row once", float(items), "", demand="once", holds=items),
        Figure("5,000 students of one name: every row once", float(names), "", demand="once", holds=names),
    ]


def run(quick: bool) -> list[Figure]:
    count = 20_000 if quick else 500_000
    call_command("collectstatic", interactive=False, verbosity=0)
    fill(count)
    officer = factories.UserFactory(role="District officer")
    browser, program = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    browser.force_login(officer)
    headers = {"Authorization": f"Token {token_of(officer)}"}

    def get(client: Client, address: str, **more: Any) -> Any:
        answer = client.get(address, **more)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer

    def api(address: str) -> dict:
        return get(program, address, headers=headers).json()

    def mark(model: type[Model], rows: int, newest_first: bool = False) -> int:
        """The id behind which the last `rows` rows stand."""
        return model._default_manager.order_by("pk" if newest_first else "-pk").values_list("pk", flat=True)[rows]

    lists = [
        ("inbox page", browser, "/changes/?group=open", mark(Discrepancy, SIZE)),
        ("submissions page", browser, "/submissions/?", mark(Submission, SIZE, newest_first=True)),
        ("API discrepancies", program, "/api/v1/discrepancies/?", mark(Discrepancy, 100)),
        ("API submissions", program, "/api/v1/submissions/?", mark(Submission, 100)),
        ("API enrolments", program, "/api/v1/enrolments/?", mark(SchoolEnrolment, 100)),
    ]
    figures = []
    for name, client, address, last in lists:
        more = {"headers": headers} if client is program else {}
        addresses = (address, f"{address}&after={last}")
        asked = []
        for each in (address, *addresses):  # the first warms up: templates, the token's time of use
            with CaptureQueriesContext(connection) as seen:
                get(client, each, **more)
            asked.append(len(seen))
        first, end = interleaved(
            *(
                (lambda each=each, client=client, more=more: [get(client, each, **more) for _ in range(TIMES)])
                for each in addresses
            )
        )
        constant = asked[2] <= asked[1]  # the first page alone has a linked record, which takes two more
        figures += [
            at_most(
                f"{name}: last of {count:,}", 1000 * end / TIMES, 1000 * first / TIMES, "ms", 1.5, "the first page"
            ),
            Figure(f"{name}: queries, last page", asked[2], "", asked[1], demand="≤ the first page's", holds=constant),
        ]
    alike = Discrepancy.objects.order_by("-pk").values_list("alike", flat=True)[0]
    for name, address, most in (
        (f"home: {count:,} changes wait", "/", 2500),
        (f"inbox: one of 200 groups of alike changes among {count:,}", f"/changes/?alike={alike}", 500),
        ("inbox: what is apart from five groups", f"/changes/?group=safe&not_alike={alike}", 500),
    ):
        get(browser, address)
        (taken,) = interleaved(lambda address=address: get(browser, address))
        figures.append(within(name, 1000 * taken, "ms", most))
    return figures + ties(api)
