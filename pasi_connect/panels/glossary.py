"""The words of the product, each with one meaning. The page "Guide and words" prints them."""

from django.utils.translation import gettext_lazy as _

from operations import offers

GROUPS = (
    (
        _("Organizations and people"),
        (
            (_("Authority"), _("The school authority that runs this product. Its organization code is A and four "
                               "digits, such as A.7010.")),
            (_("School"), _("A school of the authority. Its organization code is S and four digits, such as S.7101.")),
            (_("Student, ASN"), _("Every student in Alberta has one Alberta Student Number, shown as 1234-5678-9. If "
                                  "a student was given two by mistake, one of them is the primary ASN.")),
            (_("Actor"), _("Who did something: a person, possibly through a program (“Rhea Molnar, by Bus planner”), "
                           "a service account, or “[System] Sync” for the product itself.")),
        ),
    ),
    (
        _("Records"),
        (
            (_("School enrolment"), _("One stay of a student at one school in one school year. A student who returns "
                                      "gets a new one.")),
            (_("Concurrent enrolment"), _("An enrolment at a school that is not the student’s main school.")),
            (_("School year, term"), _("A school year is written with both calendar years, 2026-2027, and starts on "
                                       "1 September. A term is part of it.")),
            (_("SIS record"), _("Your school’s own record. You edit it here.")),
            (_("Local copy"), _("What PASI last sent us. Nobody edits it.")),
            (_("PASI Core"), _("The provincial registry itself. Only PASI Core changes its records.")),
            (_("RefId, core version"), _("PASI’s identifier of a record, and the number that goes up each time PASI "
                                         "stores it.")),
            (_("Link"), _("The tie between a SIS record and its PASI record. The line to PASI is the connection.")),
        ),
    ),
    (
        _("What can differ"),
        (
            (_("Discrepancy"), _("The SIS record and the local copy differ. A person decides. It is settled "
                                 "automatically as soon as both match.")),
            (_("Drift"), _("The local copy and PASI Core differ because a notification was missed. Hash "
                           "synchronization corrects it and says why.")),
            (_("Decision"), _("Accept PASI: the SIS record takes PASI’s value. Keep SIS: the SIS value is sent to "
                              "PASI. The reason is saved with the decision.")),
            (_("Last agreed"), _("The value when both sides last matched. It shows which side has changed since.")),
        ),
    ),
    (
        _("What is sent"),
        (
            (_("Data event"), _("A note that a SIS record changed. It is written with every save, even while nothing "
                                "can be sent.")),
            (_("Submission"), _("One record on its way to PASI. Waiting changes to the same record are sent together.")),
            (_("Exchange"), _("One call to PASI and its answer.")),
            (_("Held"), _("Not sent now, for a reason that you can read. It is sent as soon as the reason no longer "
                          "applies.")),
            (_("Regular synchronization"), _("The continuous exchange in both directions.")),
            (_("Hash synchronization"), _("PASI and the product compare a fingerprint of all records of one kind, "
                                          "and read again the ones that differ.")),
        ),
    ),
)  # fmt: skip

offers.glossary.extend(GROUPS)
