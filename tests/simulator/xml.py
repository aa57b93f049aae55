"""XML of messages as plain values, and plain values as XML of requests."""

from __future__ import annotations

from xml.sax.saxutils import escape

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
V18 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V2018"


def plain(element):
    """Nested dicts and lists; nil becomes None, all else text."""
    if element.get(f"{{{XSI}}}nil") == "true":
        return None
    name = etree.QName(element).localname
    if len(element) == 0:
        lists = name in LISTS or name.startswith("Get")
        return [] if lists else element.text or ""
    names = [etree.QName(child).localname for child in element]
    if name in LISTS or len(set(names)) < len(names):
        return [plain(child) for child in element]
    if names[0] in REPEATED:
        return [plain(child) for child in element]
    return {n: plain(child) for n, child in zip(names, element, strict=True)}


LISTS = {
    *(
        "Rejections",
        "IdVersions",
        "TypeInfos",
        "CodeValues",
        "KeyValues",
        "Classifications",
        "OtherNames",
        "StudentNames",
    ),
    "SourceDocumentTypeQualityValues",
}
REPEATED = {
    *("SchoolResponse", "SchoolAuthorityResponse", "StudentResponse", "StudentSchoolEnrolmentResponse"),
    *("SectionResponse", "SubmitResponse", "string"),
    *("DataNotificationResultTypeInfo", "CodeValueInfo", "AcceptedRegistrationStatusInfo"),
}


def members_xml(record: dict, space: str = V18) -> str:
    """The members of a request of V2018 in DataContract order, nested ones too; None as nil."""
    parts = []
    for name in sorted(record):
        value = record[name]
        if value is None:
            parts.append(f'<{name} xmlns="{space}" i:nil="true"/>')
        elif isinstance(value, dict):
            parts.append(f'<{name} xmlns="{space}">{members_xml(value, space)}</{name}>')
        else:
            text = str(value).lower() if isinstance(value, bool) else escape(str(value))
            parts.append(f'<{name} xmlns="{space}">{text}</{name}>')
    return "".join(parts)
