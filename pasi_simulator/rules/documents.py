"""The documents that an identity rests on, by their quality.

[Source: Rule 11210; Get Source Document Type Quality Values]. The values 100, 200, 250 and 300 are published; which type has
which is INFERRED, except for the four that follow from a student's own documents.
"""

from __future__ import annotations

UNVERIFIED, SELF_DECLARED, SUPPORTED, VERIFIED = 100, 200, 250, 300

QUALITY = {
    "FromSIS": UNVERIFIED,
    "FromStudentRecords": UNVERIFIED,
    "FromAlbertaEducation": UNVERIFIED,
    "Unverified": UNVERIFIED,
    "ParentDeclaration": SELF_DECLARED,
    "BaptismalCertificate": SUPPORTED,
    "ForeignBirthCertificate": SUPPORTED,
    "AlbertaBirthCertificate": VERIFIED,
    "CanadianBirthCertificate": VERIFIED,
    "CanadianPassport": VERIFIED,
    "CertificateOfIndianStatus": VERIFIED,
    "CitizenshipCertificate": VERIFIED,
    "ForeignPassport": VERIFIED,
    "PermanentResidentCard": VERIFIED,
    "StudyPermit": VERIFIED,
    "StudentDocumentSelfDeclared": SELF_DECLARED,
    "StudentDocumentSupported": SUPPORTED,
    "StudentDocumentVerified": VERIFIED,
    "SupportingDocumentNoLongerAvailable": UNVERIFIED,
}
# Types that follow from documents of the student and that nobody sends. [Source: Rule 12006]
DERIVED = frozenset(
    {
        "StudentDocumentSelfDeclared",
        "StudentDocumentSupported",
        "StudentDocumentVerified",
        "SupportingDocumentNoLongerAvailable",
    }
)
# Who may send them. [Source: Rule 11225]
SYSTEM, MINISTRY = "PASI System User", "Ministry Client User"
RESTRICTED = {
    "FromSIS": frozenset({SYSTEM}),
    "FromStudentRecords": frozenset({SYSTEM}),
    "FromAlbertaEducation": frozenset({SYSTEM, MINISTRY}),
}
