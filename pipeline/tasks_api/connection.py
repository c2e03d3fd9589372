"""What may go wrong on the way to the gateway, as errors of ours that say what to check.

A connection that never stood can't have bought anything; one that broke off may have.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from pipeline.errors import GatewayError, ProtocolError
from pipeline.tasks_api.refusals import LostAnswerError
from pipeline.web.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_SECONDS = 60.0
"""For one whole answer, however steadily it drips."""


@contextmanager
def ours(asked: str) -> Iterator[None]:
    """httpx's exceptions as ours; `asked` names the request in messages."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        tls = _tls_error(error)
        if tls is not None:
            raise ProtocolError(f"{asked}: {tls}", code="tls") from error
        said = f"no connection: {reason_of(error)} ({asked}). Check the network and"
        raise GatewayError(f"{said} SHOTMAKE_BASE_URL", code="no_connection") from error
    except TimeoutError as error:
        said = f"no whole answer within {ANSWER_SECONDS:.0f} s ({asked})"
        raise LostAnswerError(said, code="no_answer") from error
    except httpx.TransportError as error:
        said = f"no answer: {reason_of(error)} ({asked})"
        raise LostAnswerError(said, code="no_answer") from error
    except UnicodeError as error:  # httpx looks at a redirect's host, followed or not
        raise LostAnswerError(f"a redirect to no host ({asked})", code="unreadable") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProtocolError(f"{asked}: {reason_of(error)}", code="unreadable") from error


def _tls_error(error: BaseException) -> str | None:
    """What to check when it was TLS that failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = _tls_reason(cause, "verify_message")
            return (
                f"the gateway's certificate is not trusted ({reason}). Check SHOTMAKE_BASE_URL and "
                "this machine's clock; behind a proxy that opens TLS, name its authority in "
                "SSL_CERT_FILE."
            )
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return None  # cut off in the middle: that may pass
        if isinstance(cause, ssl.SSLError):
            reason = _tls_reason(cause, "reason")
            return f"TLS failed ({reason}). Check that SHOTMAKE_BASE_URL names an https port."
        cause = cause.__cause__ or cause.__context__
    return None


def _tls_reason(error: ssl.SSLError, name: str) -> str:
    """OpenSSL's own word for it, which not every error carries."""
    return str(getattr(error, name, None) or error).replace("_", " ").lower()
