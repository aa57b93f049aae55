"""Students, as PASI holds them. Pull only so far: who is known by which number, and what it has become."""

from pasi_connect.entities.definition import Entity, Get
from pasi_connect.models.copies import StudentCopy
from pasi_connect.rules.fields import Direction, Field, Type

ENTITY = Entity(
    kind="student",
    notification="Student",
    key="StateProvinceId",
    copy=StudentCopy,
    get=Get("GetStudent", "StateProvinceIds", "Student"),
    fields=(
        Field("primary_asn", "PrimaryStateProvinceId", direction=Direction.FROM_PASI),
        Field("is_deactivated", "IsDeactivated", Type.FLAG, direction=Direction.FROM_PASI),
        Field("first_name", "IdentificationRecord/FirstName", direction=Direction.FROM_PASI),
        Field("middle_name", "IdentificationRecord/MiddleName", direction=Direction.FROM_PASI),
        Field("last_name", "IdentificationRecord/LastName", direction=Direction.FROM_PASI),
        Field("legal_suffix", "IdentificationRecord/Suffix", direction=Direction.FROM_PASI),
        Field("legal_name_exact", "IdentificationRecord/IsNameExact", Type.FLAG, direction=Direction.FROM_PASI),
        Field(
            "identity_document_type",
            "IdentificationRecord/DocumentType",
            Type.CODE,
            code_class="SourceDocumentType",
            spoken=True,
            cut=True,
            direction=Direction.FROM_PASI,
        ),
        Field(
            "identity_document_issued",
            "IdentificationRecord/DocumentIssueDate",
            Type.DAY,
            direction=Direction.FROM_PASI,
        ),
        Field("identity_document_number", "IdentificationRecord/DocumentNumber", direction=Direction.FROM_PASI),
        Field("preferred_first_name", "PreferredName/FirstName", direction=Direction.FROM_PASI),
        Field("preferred_middle_name", "PreferredName/MiddleName", direction=Direction.FROM_PASI),
        Field("preferred_last_name", "PreferredName/LastName", direction=Direction.FROM_PASI),
        Field("preferred_suffix", "PreferredName/Suffix", direction=Direction.FROM_PASI),
        Field("birth_date", "IdentificationRecord/BirthDate", Type.DAY, direction=Direction.FROM_PASI),
        Field("gender", "IdentificationRecord/Gender", direction=Direction.FROM_PASI),
    ),
)
