"""The pages' addresses."""

from __future__ import annotations

from pathlib import Path

from pasi_simulator.control.http import Request, Response, route
from pasi_simulator.pages import calls, contract, enrolment, knobs, listing, section, student

STYLE = (Path(__file__).parent / "style.css").read_bytes()
ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#5b1e52"/>'
    b'<path d="M5 13V3h4a3 3 0 0 1 0 6H5" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)


def style(request: Request) -> Response:
    return Response(200, STYLE, "text/css; charset=utf-8")


def icon(request: Request) -> Response:
    return Response(200, ICON, "image/svg+xml")


PAGES = (
    route(r"/", GET=listing.start),
    route(r"/search/", POST=listing.search),
    route(r"/busy-morning/", POST=listing.busy_morning),
    route(r"/enrolments/(?P<key>[\w-]+)/", GET=enrolment.show, POST=enrolment.save),
    route(r"/sections/", GET=section.listing),
    route(r"/sections/(?P<key>[\w-]+)/", GET=section.show, POST=section.save),
    route(r"/students/(?P<place>[0-9]+)/", GET=student.show, POST=student.save),
    route(r"/calls/", GET=calls.calls),
    route(r"/knobs/", GET=knobs.knobs, POST=knobs.save),
    route(r"/published/", GET=contract.published),
    route(r"/style\.css", GET=style),
    route(r"/icon\.svg", GET=icon),
)
