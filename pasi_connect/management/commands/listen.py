import os
import signal
from typing import Any

from django.core.management.base import BaseCommand

from pasi_connect.services.pull.listening import Listener


class Command(BaseCommand):
    help = "Keeps a question open at PASI and stores what it answers. One at a time; a second one waits for its turn."

    def handle(self, *args: Any, **options: Any) -> None:
        listener = Listener()

        def end(*_: Any) -> None:
            # A long poll cannot be broken off politely, and needs not: nothing is stored before it is answered.
            listener.stop.set()
            os._exit(0)

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        listener.run()
