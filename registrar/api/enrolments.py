"""School enrolments with their guided actions: what the API serves under /enrolments/."""

from pasi_connect.api import enrolments
from registrar.api.guided import GuidedActions


class EnrolmentViewSet(GuidedActions, enrolments.EnrolmentViewSet):
    __doc__ = enrolments.EnrolmentViewSet.__doc__

    needs = {**enrolments.EnrolmentViewSet.needs, **GuidedActions.guided}
    bodies = {**enrolments.EnrolmentViewSet.bodies, **GuidedActions.bodies}
