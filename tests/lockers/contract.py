"""The contract with PASI, and two operations more: GetLocker and SubmitLocker."""

import tempfile
from pathlib import Path

TYPES = """
   <xs:complexType name="LockerRequest"><xs:sequence>
     <xs:element name="CallerInfo" type="v9:CallerInfo"/>
     <xs:element name="RefIds" type="v9:ArrayOfRefIdVersionInfo"/>
   </xs:sequence></xs:complexType>
   <xs:complexType name="LockerResponse"><xs:sequence>
     <xs:element name="AvailabilityStatus" type="v9:AvailabilityStatus"/>
     <xs:element name="Locker" type="v1204:LockerInfo" minOccurs="0" nillable="true"/>
   </xs:sequence></xs:complexType>
   <xs:complexType name="LockerInfo"><xs:sequence>
     <xs:element name="EffectiveUtc" type="xs:dateTime" minOccurs="0" nillable="true"/>
     <xs:element name="IsDeleted" type="xs:boolean"/>
     <xs:element name="LastUpdate" type="v20:AuditInfo" minOccurs="0" nillable="true"/>
     <xs:element name="LentUntil" type="xs:date" minOccurs="0" nillable="true"/>
     <xs:element name="LockerNumber" type="xs:string" minOccurs="0" nillable="true"/>
     <xs:element name="PASICoreVersion" type="xs:long"/>
     <xs:element name="RefId" type="ser:guid"/>
     <xs:element name="SchoolCode" type="xs:string" minOccurs="0" nillable="true"/>
     <xs:element name="ShelfCount" type="xs:int" minOccurs="0" nillable="true"/>
   </xs:sequence></xs:complexType>
   <xs:complexType name="SubmitLockerRequest"><xs:sequence>
     <xs:element name="CallerInfo" type="v9:CallerInfo"/>
     <xs:element name="Locker" type="v1204:LockerInfo"/>
   </xs:sequence></xs:complexType>
   <xs:complexType name="ArrayOfLockerResponse"><xs:sequence>
     <xs:element name="LockerResponse" type="v1204:LockerResponse" minOccurs="0" maxOccurs="unbounded"/>
   </xs:sequence></xs:complexType>
"""
ELEMENT = '   <xs:element name="{name}"><xs:complexType><xs:sequence><xs:element name="{member}" type="{type}"/></xs:sequence></xs:complexType></xs:element>\n'
ELEMENTS = (
    ("GetLocker", "request", "v1204:LockerRequest"),
    ("GetLockerResponse", "GetLockerResult", "v1204:ArrayOfLockerResponse"),
    ("SubmitLocker", "request", "v1204:SubmitLockerRequest"),
    ("SubmitLockerResponse", "SubmitLockerResult", "v9:SubmitResponse"),
)
LIKE = "GetSection"  # messages, port and binding of an operation are those of this one under another name
SECTION_TYPES = '<xs:complexType name="SectionRequest">'
SECTION_ELEMENT = '<xs:element name="GetSection">'


def extended(text: str) -> str:
    elements = "".join(ELEMENT.format(name=name, member=member, type=kind) for name, member, kind in ELEMENTS)
    lines = []
    for line in text.replace(SECTION_TYPES, TYPES + SECTION_TYPES).splitlines(keepends=True):
        if SECTION_ELEMENT in line:
            lines.append(elements)
        elif "<wsdl:" in line and LIKE in line:
            lines += [line.replace(LIKE, name) for name in ("GetLocker", "SubmitLocker")]
        lines.append(line)
    return "".join(lines)


def written(product: Path) -> Path:
    """A file of its own a process: what another one reads is never half written."""
    place = Path(tempfile.mkdtemp(prefix="lockers-")) / "PASIServiceWithLockers.wsdl"
    place.write_text(extended(product.read_text()))
    return place
