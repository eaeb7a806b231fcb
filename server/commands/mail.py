"""The `mail` command, which sends an email to try the relay."""

from __future__ import annotations

import argparse
import asyncio
from email.message import EmailMessage

from aiosmtplib import SMTPException

from server.commands.command import CommandError, Parsers
from server.core.relay import RelayConnection, describe_error
from server.core.settings import Settings

NO_RELAY = "The portal sends no email: PORTAL_MAIL_HOST is not set, or PORTAL_MAIL is none."


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    mail = commands.add_parser("mail", help="try the mail relay")
    actions = mail.add_subparsers(dest="action", required=True)
    test = actions.add_parser("test", help="send an email to an address, and say what happened")
    test.add_argument("address")
    test.set_defaults(run=send_test)


def send_test(settings: Settings, options: argparse.Namespace) -> None:
    """Send an email to an address now; raises CommandError with the relay's answer."""
    if not (settings.sends_mail and settings.mail_host):
        raise CommandError(NO_RELAY)
    message = EmailMessage()
    message["From"] = settings.mail_from
    try:
        message["To"] = options.address
    except ValueError:
        raise CommandError(f"{options.address!r} is no email address.") from None
    message["Subject"] = "A test of the Professional Portal"
    message.set_content("This email shows that the Professional Portal can send email.\n")
    relay = f"{settings.mail_host} port {settings.mail_port}"
    try:
        asyncio.run(_send(settings, message))
    except (SMTPException, OSError, TimeoutError, ValueError) as error:
        raise CommandError(
            f"{relay} did not take the email: {describe_error(error)}. Check PORTAL_MAIL_HOST and "
            "the other PORTAL_MAIL_... settings."
        ) from None
    print(f"{relay} took the email from {settings.mail_from} to {options.address}.")


async def _send(settings: Settings, message: EmailMessage) -> None:
    connection = RelayConnection(settings)
    try:
        await connection.send(message)
    finally:
        await connection.quit()
