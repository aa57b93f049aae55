"""Submissions that are ready to go, against a PASI that takes everything."""

import datetime as dt
from pathlib import Path

from django.conf import settings
from django.db import connection
from lxml import etree

from operations import clock, heartbeats
from operations.actor import SYNC
from operations.models import Heartbeat
from pasi_connect.demo import certificates
from pasi_connect.models import ConnectionSettings, EnrolmentCopy, Link, LinkState, Submission, SyncSettings
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.contract import contract
from sis.models import SchoolEnrolment
from tests.benchmarks import stub
from tests.benchmarks.compare import district
from tests.benchmarks.upsert import YEAR

OPERATION = "SubmitStudentSchoolEnrolment"


def accepted() -> bytes:
    """PASI's answer to a submit that it took."""
    operation = contract().operations[OPERATION]
    envelope = etree.Element(gateway.ENVELOPE, nsmap={"s": gateway.SOAP})
    wrapper = etree.SubElement(etree.SubElement(envelope, gateway.BODY), operation.answer_tag)
    told = {"Id": "6b0c1f4e-58a1-4c8e-9a57-0d2f7f7f1a11", "PASICoreVersion": int(stub.VERSION), "Rejections": []}
    codec.encode_member(wrapper, operation.answer, told)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def keys() -> certificates.Certificates:
    folder = Path(settings.DATA_DIR) / "certificates"
    return certificates.ensure(folder, organization="A.1750", now=dt.datetime.now(dt.UTC))


def set_up(count: int) -> None:
    """`count` enrolments in step; synchronization is on and PASI reachable."""
    sync = SyncSettings.load()
    sync.regular_synchronization, sync.current_school_year = True, YEAR
    sync.save()
    LinkState.objects.create(pk=1, state=LinkState.State.UP)
    Heartbeat.objects.create(name=heartbeats.PRODUCT, at=clock.now() - dt.timedelta(hours=1), pid=0)  # it runs
    district(count)


def connect(url: str, files: certificates.Certificates) -> None:
    given = ConnectionSettings.load()
    given.endpoint_url = url
    given.certificate_file, given.key_file = str(files.client), str(files.key_of(files.client))
    given.ca_file = str(files.ca)
    given.save()


def fill(day: dt.date, a_lane: int = 2, most: int | None = None) -> list[Submission]:
    """The first `most` enrolments now end on `day`, and that waits to be sent; `a_lane` records stand in one student's lane."""
    versions = dict(EnrolmentCopy.objects.values_list("key", "core_version"))
    now = clock.now()
    links = list(Link.objects.select_related("school_enrolment__school").order_by("pk")[:most])
    SchoolEnrolment.objects.filter(pk__in=[link.subject_id for link in links]).update(exit_date=day)
    made = Submission.objects.bulk_create(
        Submission(
            entity="school_enrolment",
            subject_id=link.subject_id,
            lane=f"student:{place // a_lane}",
            key=link.key,
            school_code=link.school_enrolment.school.code,
            fields=["exit_date"],
            seen_version=versions[link.key],
            actor_name=SYNC.name,
            actor_local_id=SYNC.local_id,
            actor_ip=SYNC.ip,
            next_attempt_at=now,
            created_at=now,
            changed_at=now,
        )
        for place, link in enumerate(links)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # a table that lives is looked at by PostgreSQL itself; this one was empty a moment ago
    return made
