import signal
from typing import Any

from django.core.management.base import BaseCommand

from operations.ticking import Ticker


class Command(BaseCommand):
    help = "Looks for due work every TICK_SECONDS, and does itself what nobody takes."

    def handle(self, *args: Any, **options: Any) -> None:
        ticker = Ticker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ticker.stop.set())
        ticker.run()
