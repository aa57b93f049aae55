import csv
import datetime as dt
import io

import pytest

from sis.models import Student
from sis.views.lanes import lanes
from tests.factories import EnrolmentFactory, StudentFactory, UserFactory
from tests.factories.students import this_year


@pytest.fixture
def ines(here):
    student = StudentFactory(
        asn="700044172", legal_first_name="Ines", legal_last_name="Halvorsen", search_name="halvorsen ines"
    )
    EnrolmentFactory(student=student, school=here.school, grade="08")
    return student


def names(page):
    return [row["student"].legal_last_name for row in page.context["rows"]]


def test_a_list_holds_the_students_of_the_persons_schools_only(here, as_person, ines):
    EnrolmentFactory(school=here.other)
    page = as_person(here.registrar).get("/students/")
    assert page.context["count"] == 1
    assert names(page) == ["Halvorsen"]
    assert as_person(here.district).get("/students/").context["count"] == 2


SPELLINGS = (
    "Émile O’Brien",
    "emile obrien",
    "O'Brien, Émile",
    "o brien",
    "OBRIEN EMILE",
    "Emile",
    "roy",
    "O’Brien-Roy",
)


@pytest.mark.parametrize("words", SPELLINGS)
def test_accents_apostrophes_and_the_order_of_names_do_not_matter(here, as_person, words):
    student = StudentFactory.build(legal_first_name="Émile", legal_last_name="O’Brien-Roy")
    student.search_name = student.make_search_name()
    student.save()
    EnrolmentFactory(student=student, school=here.school)
    EnrolmentFactory(school=here.school)
    answer = as_person(here.registrar).post("/students/find/", {"q": words})
    assert answer.url == f"/students/{student.pk}/"


def test_punctuation_alone_finds_nobody_and_a_number_with_letters_finds_its_student(here, as_person, ines):
    client = as_person(here.registrar)
    assert client.post("/students/find/", {"q": "-,'"}).context["rows"] == []
    assert client.post("/students/find/", {"q": ines.local_number.lower()}).url == f"/students/{ines.pk}/"


def test_the_filters_speak_of_one_enrolment(here, as_person, ines):
    EnrolmentFactory(student=ines, school=here.school, grade="09", school_year=this_year() - 1)
    client = as_person(here.registrar)
    both = {"school": here.school.code, "grade": "09", "school_year": str(this_year())}
    assert client.get("/students/", both).context["count"] == 0
    assert client.get("/students/", {**both, "grade": "08"}).context["count"] == 1


@pytest.mark.parametrize("query", [{"grade": "99"}, {"school": "0000"}, {"school_year": "soon"}, {"after": "x"}])
def test_a_malformed_filter_is_refused(here, as_person, ines, query):
    assert as_person(here.registrar).get("/students/", query).status_code == 400


def test_the_list_begins_with_this_year_and_all_years_can_be_asked_for(here, as_person, ines):
    old = EnrolmentFactory(school=here.school, school_year=this_year() - 1).student
    client = as_person(here.registrar)
    first = client.get("/students/")
    assert names(first) == ["Halvorsen"]
    all_years = client.get(first.context["chips"][0]["url"])
    assert all_years["Location"] == "/students/?school_year="
    assert set(names(client.get("/students/", {"school_year": ""}))) == {"Halvorsen", old.legal_last_name}
    last_year = client.get("/students/", {"school_year": str(this_year() - 1)})
    assert names(last_year) == [old.legal_last_name]


def test_the_list_is_narrowed_to_a_state_in_pasi(here, as_person, ines):
    client = as_person(here.registrar)
    assert names(client.get("/students/", {"pasi_state": "not_linked"})) == ["Halvorsen"]
    nobody = client.get("/students/", {"pasi_state": "in_step"})
    assert names(nobody) == []
    assert [chip["text"] for chip in nobody.context["chips"]][1] == "State in PASI: In step"
    assert "No students match these filters" in nobody.content.decode()


@pytest.mark.parametrize("sort", ["", "-name", "number", "birth_date", "-birth_date"])
def test_pages_follow_each_other_in_every_order_without_loss(here, as_person, monkeypatch, sort):
    monkeypatch.setattr("sis.views.students.PAGE", 2)
    for day, last in enumerate(("Dawn", "Alder", "Brook", "Brook", "Crane"), 1):
        born = dt.date(2012, 1, 9 - day // 2)
        student = StudentFactory(legal_last_name=last, search_name=f"{last.casefold()} ines", birth_date=born)
        EnrolmentFactory(student=student, school=here.school)
    client = as_person(here.registrar)
    seen, address = [], f"/students/?sort={sort}"
    while address:
        page = client.get(address)
        seen += [row["student"].pk for row in page.context["rows"]]
        last_page, address = page, page.context["next"]
    order = {"": "search_name", "-name": "-search_name", "number": "local_number"}.get(sort, sort)
    way = "-" if order.startswith("-") else ""
    assert seen == list(Student.objects.order_by(order, f"{way}pk").values_list("pk", flat=True))
    before = client.get(last_page.context["earlier"])
    assert [row["student"].pk for row in before.context["rows"]] == seen[2:4]


def test_the_list_costs_the_same_however_long_it_is(here, as_person, ines, django_assert_max_num_queries):
    client = as_person(here.registrar)
    client.get("/students/")
    with django_assert_max_num_queries(60) as few:
        client.get("/students/")
    EnrolmentFactory.create_batch(12, school=here.school)
    with django_assert_max_num_queries(len(few)):
        client.get("/students/")


def test_one_hit_opens_the_student_and_no_name_is_in_an_address(here, as_person, ines):
    client = as_person(here.registrar)
    for words in ("halvorsen", "INES hal", "7000-4417-2", "700044172", ines.local_number.removeprefix("L") and "halv"):
        answer = client.post("/students/find/", {"q": words})
        assert answer.status_code == 302
        assert answer.url == f"/students/{ines.pk}/"


def test_a_search_lists_several_and_says_when_there_is_nobody(here, as_person, ines):
    EnrolmentFactory(student=StudentFactory(search_name="halvorsen roy tom"), school=here.school)
    client = as_person(here.registrar)
    assert len(client.post("/students/find/", {"q": "halvorsen"}).context["rows"]) == 2
    nobody = client.post("/students/find/", {"q": "zzz"})
    assert nobody.status_code == 200
    assert "No students found at your schools" in nobody.content.decode()
    assert client.post("/students/find/", {"q": "  "}).status_code == 422


def test_a_search_does_not_leave_the_persons_schools(here, as_person, ines):
    assert as_person(here.stranger).post("/students/find/", {"q": "halvorsen"}).context["rows"] == []


def test_a_foreign_student_does_not_exist(here, as_person, ines):
    assert as_person(here.stranger).get(f"/students/{ines.pk}/").status_code == 404


def test_another_school_shows_dates_and_school_only(here, as_person, ines):
    EnrolmentFactory(student=ines, school=here.other, grade="11", programming_type="Outreach")
    page = as_person(here.registrar).get(f"/students/{ines.pk}/")
    assert [stay.school for stay in page.context["own"]] == [here.school]
    assert [stay.school for stay in page.context["foreign"]] == [here.other]
    assert here.other.name in page.content.decode()
    assert "Outreach" not in page.content.decode()


def test_edit_and_add_are_offered_to_those_who_may(here, as_person, ines):
    stay = ines.enrolments.get()
    for person, offered in ((here.registrar, True), (here.district, True), (here.admin, False)):
        page = as_person(person).get(f"/students/{ines.pk}/").content.decode()
        assert (f"/enrolments/{stay.pk}/edit/" in page) is offered
        assert (f"/students/{ines.pk}/enrol/" in page) is offered
        assert ("Withdraw…" in page.split("cols-main")[0]) is offered


def test_the_asn_is_shown_in_groups(here, as_person, ines):
    assert "7000-4417-2" in as_person(here.registrar).get(f"/students/{ines.pk}/").content.decode()


def test_without_find_there_is_no_list(here, as_person, ines):
    nobody = UserFactory(role="Registrar", schools=[here.school])
    nobody.groups.clear()
    assert as_person(nobody).get("/students/").status_code == 403


def test_lanes_lie_in_the_year_and_are_never_too_narrow_to_see():
    import datetime as dt

    year = this_year()
    whole = EnrolmentFactory.build(school_year=year, start_date=year.first_day, exit_date=year.last_day)
    day = EnrolmentFactory.build(school_year=year, start_date=year.last_day, exit_date=year.last_day, concurrent=True)
    other = EnrolmentFactory.build(school_year=year + 1)
    drawn = lanes(year, [day, whole, other], year.first_day + dt.timedelta(days=400))
    assert [(lane.enrolment, lane.x, lane.width, lane.today) for lane in drawn] == [
        (whole, 0, 1000, None),
        (day, 992, 8, None),
    ]


def test_a_file_has_the_same_students_in_the_same_order_as_the_list(here, as_person, ines, monkeypatch):
    monkeypatch.setattr("sis.views.students.CHUNK", 2)
    for last in ("Dawn", "Alder", "Zell"):
        student = StudentFactory(legal_last_name=last, search_name=last.casefold())
        EnrolmentFactory(student=student, school=here.school)
    EnrolmentFactory(school=here.other)
    client = as_person(here.registrar)
    answer = client.get("/students/export/csv/", {"sort": "-name"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Last name", "Zell", "Halvorsen", "Dawn", "Alder"]
    assert rows[2] == [
        "Halvorsen", "Ines", "7000-4417-2", ines.local_number, "2012-03-04", here.school.code, here.school.name,
        str(this_year()), "08", "Not in PASI",
    ]  # fmt: skip
    assert client.get("/students/export/pdf/").status_code == 404
    assert client.get("/students/export/csv/", {"grade": "x"}).status_code == 400


def test_a_stay_to_the_end_of_all_calendars_can_be_drawn():
    whole = EnrolmentFactory.build(school_year=this_year(), start_date=this_year().first_day, exit_date=dt.date.max)
    (lane,) = lanes(this_year(), [whole], this_year().first_day)
    assert (lane.x, lane.width) == (0, 1000)
