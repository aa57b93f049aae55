"""Starts the simulator: SOAP over HTTPS with client certificates, and the control port on this machine."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from types import FrameType

from pasi_simulator.clients import ClientsFile
from pasi_simulator.contract import Contract
from pasi_simulator.control.server import ControlServer
from pasi_simulator.core import Core
from pasi_simulator.server import PATH, SoapServer
from pasi_simulator.state import State

DEFAULT_WSDL = Path(__file__).resolve().parent.parent / "pasi_connect" / "wsdl" / "2020" / "PASIService2020.wsdl"
CANNOT_START = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pasi_simulator", description="PASI Core and a pinch of PASIprep.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the state; made when missing")
    parser.add_argument("--host", default="127.0.0.1", help="where SOAP listens (default %(default)s)")
    parser.add_argument("--port", type=int, default=9443, help="SOAP over HTTPS (default %(default)s)")
    parser.add_argument("--control-port", type=int, default=9480, help="control API and PASIprep, loopback only")
    parser.add_argument("--ca", type=Path, required=True, help="PEM of the authority that signs client certificates")
    parser.add_argument("--cert", type=Path, required=True, help="PEM of the server's certificate")
    parser.add_argument("--key", type=Path, required=True, help="PEM of the server's key")
    parser.add_argument("--clients", type=Path, required=True, help="JSON list of PASI clients")
    parser.add_argument("--wsdl", type=Path, default=DEFAULT_WSDL, help="the contract (default: the repository's)")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    try:
        core = Core(Contract(options.wsdl), State(options.data_dir), ClientsFile(options.clients))
        control = ControlServer(("127.0.0.1", options.control_port), core)
        soap = SoapServer((options.host, options.port), core, options.ca, options.cert, options.key)
    except ssl.SSLError as problem:
        return _refuse(f"certificates could not be read: {problem.reason}")
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            return _refuse(f"port {options.port} or {options.control_port} is already in use")
        return _refuse(str(problem))
    except ValueError as problem:
        return _refuse(str(problem))
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for server in (soap, control):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"PASI Core (simulated): https://{options.host}:{options.port}{PATH}", flush=True)
    print(f"PASIprep and control:  http://127.0.0.1:{options.control_port}/", flush=True)
    ended.wait()
    sys.stdout.flush()
    # The state is safe at every moment, so nobody waits for long polls or open connections.
    os._exit(0)


def _refuse(problem: str) -> int:
    print(f"pasi_simulator: {problem}", file=sys.stderr)
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
