"""Published services and entities of course data, marks, exams, accommodations, responsible schools and documents, and those of
other end points. Nothing of them is simulated; the day one is, its row moves to `services`."""

from __future__ import annotations

from pasi_simulator.published.rows import CodeClass, Entity, Service

OLDER = "older end points"
ACADEMIC = "PASI Core; Technical API method pages"
DOCUMENT = "Submit Student Record Document"

SERVICES: tuple[Service, ...] = (
    Service("SubmitStudentGender", "Submit Student Gender", "gender, from the 2017 end point on"),
    Service("SubmitPhoneNumber", "Submit Phone Number", "phone numbers, from the 2018 end point on"),
    Service("SubmitPreferredPhoneNumber", "Submit Preferred Phone Number", "which phone number is preferred, from 2018 on"),
    Service("SubmitStudentDisclosureRestriction", "Submit Student Disclosure Restriction", "restrictions, from 2017 on"),
    Service("SubmitLanguageAtHome", "Submit Language At Home", "one value; none takes it away"),
    Service("SubmitMedicalAlert", "Medical Alert", "medical alerts"),
    Service("SubmitParentGuardian", "Submit Parent Guardian", "parents and guardians"),
    Service("SubmitStudentDeceasedStatus", "Submit Student Deceased Status", "the student has died"),
    Service("student e-mail service (name not seen)", "Student Email", "e-mail addresses"),
    Service("SubmitStudent", "SubmitStudent", f"removed from the {OLDER} of 2017 and 2018; PASI's own systems"),
    Service("SubmitStudentName", "Submit Name", f"{OLDER} (2017)"),
    Service("SubmitStudentIdentificationInformation", "Submit Identification Information", f"{OLDER} (2017)"),
    Service("SubmitMailingAddress", "Submit Mailing Address", f"{OLDER} (2018)"),
    Service("SubmitStudentMailingAddress", "Submit Mailing Address", f"{OLDER} (before 2018)"),
    Service("SubmitPreferredMailingAddress", "Submit Preferred Mailing Address", f"{OLDER} (to 2018), refused by rules"),
    Service("SubmitStudentPhoneNumber", "Submit Phone Number", f"{OLDER} (2017)"),
    Service("GetResponsibleSchool", "Responsible School", "responsible schools, from the 2019 end point on"),
    Service("GetResponsibleSchoolStatus", "Get Responsible School Status", "core alerts of a responsible school"),
    Service("SubmitResponsibleSchool", "SubmitResponsibleSchool (2019)", "one responsible school"),
    Service("SubmitResponsibleSchoolStatusAcknowledgement", "Core Alerts Overview", "acknowledges a core alert"),
    Service("GetClassroomAccommodation", "Submit Classroom Accommodation", "accommodations"),
    Service("GetClassroomAccommodationStatus", "Get Classroom Accommodation Status", "core alerts of an accommodation"),
    Service("SubmitClassroomAccommodation", "Submit Classroom Accommodation", "one accommodation"),
    Service("SubmitClassroomAccommodationStatusAcknowledgement", "Core Alerts Overview", "acknowledges a core alert"),
    Service("GetDocumentTypes", "Obtaining Digital Student Document Types", "types of documents and what each demands"),
    Service("GetStudentRecordDocument", DOCUMENT, "documents"),
    Service("SubmitStudentRecordDocument", DOCUMENT, "one document with its image"),
    Service("SubmitStudentRecordDocumentQualityAssurance", DOCUMENT, "a document passed or failed its review"),
    Service("SubmitStudentRecordDocumentProblemReport", DOCUMENT, "a problem of a document"),
    Service("GetCourse", "Course", "the catalogue of courses"),
    Service("GetSectionStatus", "Core Alerts Overview", "core alerts of a section"),
    Service("SubmitSectionStatusAcknowledgement", "Core Alerts Overview", "acknowledges a core alert"),
    Service("GetCourseEnrolment", "Course Enrolment", "course enrolments"),
    Service("GetCourseEnrolmentStatus", "GetCourseEnrolmentStatus (2018)", "core alerts of a course enrolment"),
    Service("SubmitCourseEnrolment", "Submit Course Enrolment", "course enrolments, several a call"),
    Service("SubmitCourseEnrolmentStatusAcknowledgement", "Core Alerts Overview", "acknowledges a core alert"),
    Service("GetEvaluatedMark", "Evaluated Mark", "evaluated marks"),
    Service("GetEvaluatedMarkStatus", "Core Alerts Overview", "core alerts of an evaluated mark"),
    Service("SubmitEvaluatedMark", "Submit Evaluated Mark", "evaluated marks, several a call"),
    Service("SubmitEvaluatedMarkStatusAcknowledgement", "Core Alerts Overview", "acknowledges a core alert"),
    Service("SubmitMarkApproval", "Submit Mark Approval", "approves marks, or takes the approval back"),
    Service("GetPartnerPostSecondaryInstitutions", "Course Enrolment", "partners of dual enrolments"),
    Service("GetDiplomaExam", "Diploma Exam", "exams; GetExam before 2016"),
    Service("GetExam", "Diploma Exam", f"{OLDER} (before 2016)"),
    Service("GetExamSitting", "Exam Sitting", "sittings"),
    Service("GetDiplomaExamMark", "Get Diploma Exam Mark", "exam marks and registrations; GetExamMark before 2016"),
    Service("GetExamMark", "Get Diploma Exam Mark", f"{OLDER} (before 2016)"),
    Service("GetDiplomaExamRescoreRequest", "DiplomaExamRescoreGetInfo", "requests for a rescore; ministry only"),
    Service("GetDiplomaExamResultsStatement", ACADEMIC, "statement of results as PDF; role View Transcript User"),
    Service("SubmitDiplomaExam", "Submit Diploma Exam", "ministry only"),
    Service("SubmitDiplomaExamSitting", "SubmitDiplomaExamSittingRequest (V201602)", "one sitting"),
    Service("SubmitDiplomaExamMark", "Submit Diploma Exam Mark", "registrations, several a call"),
    Service("SubmitExamMark", "Submit Diploma Exam Mark", f"{OLDER}, retired; rule 1009"),
    Service("SubmitExamExemptionRequest", ACADEMIC, f"{OLDER}; removed in 2018"),
    Service("GetStudentTranscriptDetail", "Get Student Transcript Detail", "official marks and credentials"),
    Service("GetOfficialMarkAuditEvents", "View Official Mark", "how an official mark came to be"),
    Service("GetDetailedAcademicReport", ACADEMIC, "report as PDF; role View Transcript User"),
    Service("SubmitCredentialRequirementAchievement", ACADEMIC, "requirements of credentials, all or nothing"),
    Service("GetProvincialAchievementTest", "Is Data Available", "achievement tests"),
    Service("GetProvincialAchievementTestResult", "Is Data Available", "results of achievement tests"),
    Service("GetEducationAccountConnection", "Is Data Available", "connections of myPass"),
    Service("CreateNewPasiClient", "CreateNewPasiClient", "certificate manager: registers a client"),
)  # fmt: skip

PARTS = "StudentInfo; Managing Student Information"
ENTITIES: tuple[Entity, ...] = (
    *(Entity(name, PARTS) for name in (
        "StudentAddress", "StudentPhoneNumber", "StudentEmail", "StudentCitizenship", "Section23Eligibility",
        "StudentDisclosureRestriction", "LanguageAtHome", "MedicalAlert", "ParentGuardian", "AuthorizedUser",
        "StudentActivity", "StudentHold", "StudentRecordCustodian")),
    *(Entity(name, "Responsible School") for name in ("ResponsibleSchool", "ResponsibleSchoolStatus")),
    *(Entity(name, "ClassroomAccommodationInfo (V2018)")
      for name in ("ClassroomAccommodation", "ClassroomAccommodationStatus")),
    *(Entity(name, DOCUMENT) for name in ("DocumentType", "StudentRecordDocument", "document quality assurance",
                                          "document problem report")),
    Entity("Course", "Course"),
    Entity("SectionStatus", "Section"),
    *(Entity(name, "Course Enrolment")
      for name in ("CourseEnrolment", "CourseEnrolmentMark", "CourseEnrolmentStatus")),
    *(Entity(name, "Evaluated Mark") for name in ("EvaluatedMark", "EvaluatedMarkStatus")),
    Entity("DiplomaExam", "DiplomaExamInfo (V2020)"),
    Entity("DiplomaExamComponent", "Diploma Exam Component"),
    Entity("DiplomaExamSitting", "Exam Sitting"),
    Entity("DiplomaExamMark", "Diploma Exam Mark"),
    Entity("DiplomaExamMarkComponent", "ExamMarkInfo, ComponentMarkInfo (V201602)"),
    Entity("DiplomaExamRescoreRequest", "DiplomaExamRescoreGetInfo"),
    Entity("DiplomaExamWaivedFee", "Diploma Exam Waived Fee"),
    Entity("StudentTranscriptDetail", "Get Student Transcript Detail"),
    Entity("OfficialMark", "OfficialMarkInfo"),
    *(Entity(name, "Is Data Available") for name in ("ProvincialAchievementTest", "ProvincialAchievementTestResult",
                                                     "EducationAccountConnection")),
    Entity("PasiClient", "PASI Core Security"),
)  # fmt: skip

CODES = "PASI Code Values"
CODE_CLASSES: tuple[CodeClass, ...] = (
    *(CodeClass(name, CODES) for name in (
        "AvailabilityStatus", "ASNStatus", "AssociationType", "ComponentMarkStatus", "DocumentFootnote", "MatchQuality",
        "MatchStatus", "RegistrationStatus", "RegistrationType", "Section23EligibilityStatus", "DisclosureRestrictionCode",
        "LanguageSpoken", "MedicalAlertType", "GuardianRelationshipType", "AccommodationType", "AccommodationFormat",
        "TransitionReason", "StateProvince", "Country", "PhoneNumberType", "DocumentCategory", "DocumentLanguage",
        "QualityAssuranceStatus", "DocumentProblemType")),
    *(CodeClass(name, "Section; Course Enrolment; Evaluated Mark") for name in (
        "CourseEnrolmentStatus", "MarkFormat", "MarkType", "LetterGrade", "EvaluationMethod", "CourseMarkSchoolYear")),
    *(CodeClass(name, "Code Value") for name in (
        "CourseSeries", "CourseEvaluationMethod", "CourseInstructionalLevel", "CourseStrand", "CourseSubject",
        "CourseCompletionMethod", "CourseType", "CourseDiscipline", "CourseFundingTier", "CourseIntendedGrade",
        "CourseRelationshipType")),
    *(CodeClass(name, "Diploma Exam Mark; DiplomaExamInfo (V2020)") for name in (
        "DiplomaExamMarkStatus", "DiplomaExamPeriod", "DiplomaExamLanguage", "DiplomaExamType")),
    *(CodeClass(name, "OfficialMarkInfo") for name in (
        "OfficialMarkStatus", "MarkCalculationMethod", "MarkSelectionReason", "OfficialMarkAnnotation")),
)  # fmt: skip
