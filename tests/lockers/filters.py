import django_filters

from sis.filters import TrueFalseFilter, school_code_filter
from tests.lockers.models import Locker


class LockerFilter(django_filters.FilterSet):
    school = school_code_filter("school__code")
    number = django_filters.CharFilter(max_length=10)
    deleted = TrueFalseFilter()

    class Meta:
        model = Locker
        fields: list[str] = []
