"""A sender's process: it says that it is ready, then at each word it works until nothing is due, and tells its CPU seconds."""

import sys
import time

import django


def main() -> None:
    django.setup()
    from pasi_connect.services.queue import sending
    from pasi_connect.soap.contract import contract

    contract()
    sending.may_call()
    print("ready", flush=True)
    for _ in sys.stdin:
        used = time.process_time()
        while sending.due().exists():
            sending.drain()
        print(time.process_time() - used, flush=True)


if __name__ == "__main__":
    main()
