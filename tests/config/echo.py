"""The smallest program behind the web process's worker: says how much it was sent; `/long` and `/page` answer with many bytes."""

import time

PAGE = 3 * 2**20


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/refuse":
        start_response("413 Too Large", [("Content-Length", "0")])
        return [b""]
    if path == "/long":
        start_response("200 OK", [("Content-Length", str(64 * 2**20))])
        return [b"x" * 2**20] * 64
    if path == "/page":
        start_response("200 OK", [("Content-Length", str(PAGE))])
        return [b"x" * PAGE]
    if path == "/busy":
        time.sleep(float(environ["QUERY_STRING"] or 1))
    body = environ["wsgi.input"].read()
    said = f"{environ['REQUEST_METHOD']} {path} {len(body)}".encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]
