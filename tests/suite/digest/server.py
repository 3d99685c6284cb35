"""An SMTP server of a test's own: STARTTLS and a password are asked for, and each message becomes a file.

HOST PORT FOLDER CERTIFICATE KEY
"""

import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

host, port, folder, certificate, key = sys.argv[1:]


class Keep:
    """Writes messages, in one piece."""

    count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        written = pathlib.Path(folder) / f"{self.count}.part"
        written.write_text("\n".join(envelope.rcpt_tos) + "\n\n" + envelope.content.decode())
        written.rename(written.with_suffix(".eml"))
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"bellwether", b"only-for-tests")
    return AuthResult(success=good, handled=good)  # where it is not, the server answers 535


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
Controller(
    Keep(),
    hostname=host,
    port=int(port),
    tls_context=context,
    require_starttls=True,
    authenticator=authenticate,
    auth_required=True,
).start()
threading.Event().wait()
