from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from pasi_connect import selectors
from sis.filters import AsnFilter, SchoolYearFilter, TrueFalseFilter, school_code_filter
from sis.models import SchoolEnrolment


class EnrolmentFilter(django_filters.FilterSet):
    """Here and not in `sis`, because the RefId is known to the link alone."""

    school = school_code_filter("school__code")
    asn = AsnFilter(field_name="student__asn", label=_("ASN"))
    school_year = SchoolYearFilter(label=_("School year"))
    concurrent = TrueFalseFilter(label=_("Concurrent"))
    deleted = TrueFalseFilter(label=_("Deleted"))
    exit_code = django_filters.CharFilter(label=_("Exit code"))
    action = django_filters.NumberFilter(
        method="of_action", label=_("Action"), min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    ref_id = django_filters.UUIDFilter(field_name="link__ref_id", label="RefId")
    external_id = django_filters.CharFilter(label=_("External id"))

    class Meta:
        model = SchoolEnrolment
        fields: list[str] = []

    @staticmethod
    def of_action(queryset: QuerySet[SchoolEnrolment], _name: str, value: Any) -> QuerySet[SchoolEnrolment]:
        return selectors.of_action(queryset, int(value))
