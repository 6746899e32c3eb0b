"""The letters loop: mail with links for guests leaves through the house's own mail server, one never waiting for another."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from parvis.core.errors import ParvisError
from parvis.jobs.faults import one_line
from parvis.jobs.thread import DatabaseThread
from parvis.orgs.notices.mail import send_by_mail
from parvis.publishing.letters import Letter, claim_letters, record_failed, record_sent
from parvis.worker.notices import in_thread

LOOK_EVERY_S = 2.0

_log = logging.getLogger("parvis.notices")


class Lettering:
    """One worker's letters."""

    def __init__(self, *, worker: str, clock: Callable[[], datetime], in_database: DatabaseThread) -> None:
        self.worker, self.clock, self.in_database = worker, clock, in_database

    async def turn(self) -> bool:
        letters = await self.in_database(claim_letters, worker=self.worker, now=self.clock())
        await asyncio.gather(*(self._send(one) for one in letters))
        return bool(letters)

    async def _send(self, letter: Letter) -> None:
        try:
            await in_thread(lambda: send_by_mail(letter.address, title=letter.title, text=letter.text, key=letter.key))
        except ParvisError as error:
            _log.warning("letter %s did not leave: %s", letter.row.pk, error.code)
            await self.in_database(record_failed, letter.row, error, now=self.clock())
        except Exception as error:  # noqa: BLE001 - one letter's fault stops no other
            _log.error("letter %s: %s", letter.row.pk, one_line(error))
            known = ParvisError(detail=type(error).__name__)
            await self.in_database(record_failed, letter.row, known, now=self.clock())
        else:
            await self.in_database(record_sent, letter.row, now=self.clock())
