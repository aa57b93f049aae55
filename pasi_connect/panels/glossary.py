"""The words of the product, each with one meaning. The page "Guide and words" prints them."""

from django.utils.translation import gettext_lazy as _

from operations import offers

GROUPS = (
    (
        _("Organizations and people"),
        (
            (_("Authority"), _("The school authority that runs this product. Its organization code is A and four digits, as in A.7010.")),
            (_("School"), _("A school of the authority. Its organization code is S and four digits, as in S.7101.")),
            (_("Student, ASN"), _("Every student in Alberta has one Alberta Student Number, shown as 1234-5678-9. Of two given by mistake one is the primary ASN.")),
            (_("Actor"), _("Who did something: a person, also by a program (“Rhea Molnar, by Bus planner”), a service account, or “[System] Sync”, the product.")),
        ),
    ),
    (
        _("Records"),
        (
            (_("School enrolment"), _("One stay of a student at one school in one school year. A student who comes back gets a new one.")),
            (_("Concurrent enrolment"), _("An enrolment at a school that is not the student’s main school.")),
            (_("School year, term"), _("A school year is written with both calendar years, 2026-2027, and begins on 1 September. A term is a part of it.")),
            (_("SIS record"), _("What your school says. You edit it here.")),
            (_("Local copy"), _("What PASI told us last. Nobody edits it.")),
            (_("PASI Core"), _("The provincial registry itself. It is the only one who changes its records.")),
            (_("RefId, core version"), _("PASI’s own name of a record, and the number that rises whenever PASI stores it.")),
            (_("Link"), _("The connection to PASI: reachable, away, or refusing us. Also the tie between one SIS record and its record in PASI.")),
        ),
    ),
    (
        _("What can differ"),
        (
            (_("Discrepancy"), _("The SIS record and the local copy differ. A person decides; it is settled automatically as soon as both match.")),
            (_("Drift"), _("The local copy and PASI Core differ, because a notification was missed. Hash synchronization repairs it and says why.")),
            (_("Decision"), _("Accept PASI: the SIS record takes PASI’s value. Keep SIS: our value goes to PASI. The reason stays with the decision.")),
            (_("Last agreed"), _("The value when both sides were last known to be equal. It tells who has changed it since.")),
        ),
    ),
    (
        _("What is sent"),
        (
            (_("Data event"), _("The note that a SIS record changed. It is written with every save, also while nothing is sent.")),
            (_("Submission"), _("One record on its way to PASI. All changes that wait for the same record go as one.")),
            (_("Exchange"), _("One call to PASI and its answer.")),
            (_("Held"), _("Not sent now, with a reason that you can read. It is sent as soon as the reason is gone.")),
            (_("Regular synchronization"), _("The running exchange in both directions.")),
            (_("Hash synchronization"), _("PASI and the product compare a fingerprint of everything they hold of a kind, and fetch again what differs.")),
        ),
    ),
)  # fmt: skip

offers.glossary.extend(GROUPS)
