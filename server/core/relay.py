"""A connection to the SMTP relay, reused for several emails."""

import asyncio
import re
from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import (
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPStatus,
)

from server.core.settings import Settings

RELAY_SECONDS = 60
IDLE_SECONDS = 30
"""A firewall may drop an idle connection silently; an email sent over it would hang."""
QUIT_SECONDS = 0.5
CHECK_SECONDS = 10
NO_SUCH_RECIPIENT = {550, 551, 553}
POLICY_STATUS_PREFIX = "5.7."
"""Prefix of the enhanced status codes of refusals that may concern the sender."""
MAX_ANSWER = 200

_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"':,;]+")


class RelayConnection:
    """Sends one email at a time; connects and logs in only when needed."""

    def __init__(self, settings: Settings) -> None:
        self._last_used_at = 0.0
        self._smtp = aiosmtplib.SMTP(
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_user or None,
            password=settings.mail_password.get_secret_value() or None,
            timeout=RELAY_SECONDS,
            use_tls=settings.mail_tls == "tls",
            start_tls=settings.mail_tls == "starttls",
        )

    async def send(self, message: EmailMessage) -> None:
        """Send a message to the relay; raises within 60 seconds on failure."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._last_used_at > IDLE_SECONDS:
            self._smtp.close()
        async with asyncio.timeout(RELAY_SECONDS):
            reused = self._smtp.is_connected
            try:
                await self._send(message)
            except SMTPException as error:
                if not reused or not _is_hang_up(error):
                    raise
                await self._send(message)
        self._last_used_at = loop.time()

    async def _send(self, message: EmailMessage) -> None:
        try:
            if not self._smtp.is_connected:
                await self._smtp.connect()
            await self._smtp.send_message(message)
        except (SMTPResponseException, SMTPRecipientsRefused) as error:
            # The relay answered and the client has reset the session, so the next email can use it.
            if _is_hang_up(error):
                self._smtp.close()
            raise
        except BaseException:  # also when cancelled: the next answer would belong to this email
            self._smtp.close()
            raise

    async def check(self) -> None:
        """Connect and log in, without sending; raises as `send` does."""
        async with asyncio.timeout(CHECK_SECONDS):
            await self._smtp.connect()

    async def quit(self) -> None:
        """Close the connection."""
        with suppress(SMTPException, TimeoutError, OSError):
            if self._smtp.is_connected:
                await self._smtp.quit(timeout=QUIT_SECONDS)
        self._smtp.close()


def _is_hang_up(error: SMTPException) -> bool:
    """Whether the relay closed the connection, as many do after some time or number of emails."""
    if isinstance(error, SMTPResponseException):
        return error.code in (SMTPStatus.domain_unavailable, SMTPStatus.invalid_response)
    return isinstance(error, SMTPServerDisconnected)


def describe_error(error: Exception) -> str:
    """Return the relay's answer, or why there is none, for the operator."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {' '.join(error.message.split())}".rstrip(".")
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def describe_answer(error: Exception, to: str) -> dict[str, object]:
    """Return the relay's status and text for the log, without addresses; empty without an answer.

    `to` is the recipient, whose name before the @ may be in the text alone.
    """
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if not isinstance(error, SMTPResponseException):
        return {}
    text = _ADDRESS.sub("<address>", " ".join(error.message.split()))
    name = to.partition("@")[0]
    text = re.sub(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", "<address>", text) if name else text
    return {"status": error.code, "answer": text[:MAX_ANSWER]}


def is_permanent(error: Exception) -> bool:
    """Whether the relay refused the recipient permanently, so that a retry is useless."""
    return isinstance(error, SMTPRecipientsRefused) and all(
        _is_unknown_recipient(refusal) for refusal in error.recipients
    )


def _is_unknown_recipient(refusal: SMTPRecipientRefused) -> bool:
    return refusal.code in NO_SUCH_RECIPIENT and not refusal.message.startswith(
        POLICY_STATUS_PREFIX
    )
