"""How large an answer may be, measured in bytes before parsing: an empty element of 4 bytes takes 120 in memory."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from lxml import etree

MOST_BYTES = 40 * 1024 * 1024  # a full set of 150,000 pairs takes about 20 MB
MOST_MARKS = 1_500_000  # beginnings and ends of elements, and values of attributes; that set has 900,000


class TooMuch(Exception):
    """PASI has answered, but the answer is not parsed; the message says why."""


def parsed(body: bytes) -> etree._Element:
    """The root of the document. Raises TooMuch, or XMLSyntaxError for what is no XML in UTF-8 or UTF-16."""
    if body.count(b"<") + body.count(b"=") > MOST_MARKS:
        raise TooMuch("The answer has more elements than any that PASI gives.")
    # The declared encoding is not asked: in others than these two an element begins with other bytes than those counted.
    encoding = "utf-16" if body.startswith((BOM_UTF16_BE, BOM_UTF16_LE)) else "utf-8"
    # huge_tree off keeps libxml2's own limits on depth, names and texts.
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        if "XML_PARSE_HUGE" in str(error):
            raise TooMuch("The answer is nested deeper, or has longer texts, than any that PASI gives.") from None
        raise
