import django_filters
from django.utils.translation import gettext_lazy as _

from sis.filters import AsnFilter, SchoolYearFilter, TrueFalseFilter, school_code_filter
from sis.models import SchoolEnrolment


class EnrolmentFilter(django_filters.FilterSet):
    """Here and not in `sis`, because the RefId is known to the link alone."""

    school = school_code_filter("school__code")
    asn = AsnFilter(field_name="student__asn", label=_("ASN"))
    school_year = SchoolYearFilter(label=_("School year"))
    concurrent = TrueFalseFilter(label=_("Concurrent"))
    deleted = TrueFalseFilter(label=_("Deleted"))
    ref_id = django_filters.UUIDFilter(field_name="link__ref_id", label="RefId")
    external_id = django_filters.CharFilter(label=_("External id"))

    class Meta:
        model = SchoolEnrolment
        fields: list[str] = []
