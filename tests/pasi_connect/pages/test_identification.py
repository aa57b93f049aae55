"""The form of a student's names and identification, and what the student's page shows of them."""

import pytest
from lxml import html

from operations.actor import SYNC
from pasi_connect.models import CodeValue
from sis.models import DataEvent
from sis.services import students
from tests.factories import EnrolmentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines(enrolment):
    CodeValue.objects.bulk_create(
        CodeValue(class_name="SourceDocumentType", code=code, description=text, description_fr=french, sequence=n)
        for n, (code, text, french) in enumerate(
            (
                ("CanadianPassport", "Canadian passport", "Passeport canadien"),
                ("StudyPermit", "Study permit", "Permis d’études"),
                ("FromSIS", "From a SIS", "D’un SIS"),
            )
        )
    )
    return enrolment.student


def address(student):
    return f"/students/{student.pk}/identification/"


def drawn(client, student):
    """The values of the form as the page draws them."""
    tree = html.fromstring(client.get(address(student)).content)
    [form] = [one for one in tree.forms if one.get("aria-label") == "Name and identification"]
    return {name: value for name, value in form.form_values() if name != "csrfmiddlewaretoken"}


def test_a_name_is_changed_and_what_pasi_will_say_is_shown(registrar, ines):
    page = registrar.get(address(ines))
    assert "PASI does not accept an identification without an identity document. (65031)" in page.content.decode()
    entered = drawn(registrar, ines) | {"legal_suffix": "Jr.", "preferred_first_name": "Mim"}
    refused = registrar.post(address(ines), entered)
    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {"preferred_last_name"}
    entered |= {
        "preferred_last_name": "Quill",
        "identity_document_type": "StudyPermit",
        "identity_document_number": "41A7",
    }
    assert registrar.post(address(ines), entered).url == f"/students/{ines.pk}/"
    ines.refresh_from_db()
    assert (ines.legal_suffix, ines.preferred_name, ines.revision) == ("Jr.", "Mim Quill", 2)
    assert DataEvent.objects.get().entity == "student"
    page = html.fromstring(registrar.get(f"/students/{ines.pk}/").content)
    facts = page.xpath("//dl[@class='facts']")[0].text_content()
    assert "Study permit, …41A7" in facts


def test_documents_that_nobody_may_send_are_not_offered_unless_they_are_there(registrar, ines):
    def offered():
        form = registrar.get(address(ines)).context["form"]
        return [code for code, _text in form.fields["identity_document_type"].choices]

    assert offered() == ["", "CanadianPassport", "StudyPermit"]
    ines.identity_document_type = "FromSIS"
    ines.save()
    assert offered()[-1] == "FromSIS"


def test_nothing_changed_is_nothing_saved(registrar, ines):
    assert registrar.post(address(ines), drawn(registrar, ines)).status_code == 302
    assert not DataEvent.objects.exists()


def test_what_somebody_changed_meanwhile_is_shown_and_nothing_is_lost(registrar, ines):
    entered = drawn(registrar, ines) | {"legal_suffix": "III", "legal_middle_name": "Ana"}
    students.change(SYNC, ines.pk, {"legal_suffix": "Jr."})
    stale = registrar.post(address(ines), entered)
    assert stale.status_code == 409
    assert [(row["now"], row["entered"]) for row in stale.context["clashes"]] == [("", "Ana"), ("Jr.", "III")]
    again = html.fromstring(stale.content)
    [form] = [one for one in again.forms if one.get("aria-label") == "Name and identification"]
    assert registrar.post(address(ines), dict(form.form_values())).status_code == 302
    ines.refresh_from_db()
    assert (ines.legal_suffix, ines.legal_middle_name) == ("III", "Ana")


def test_a_student_of_another_school_does_not_exist_and_the_button_needs_its_right(here, registrar, as_person, ines):
    other = EnrolmentFactory(school=here.other).student
    assert registrar.get(address(other)).status_code == 404
    assert address(ines) in registrar.get(f"/students/{ines.pk}/").content.decode()
    administrator = as_person(here.admin)
    assert administrator.get(address(ines)).status_code == 403
    assert address(ines) not in administrator.get(f"/students/{ines.pk}/").content.decode()
