"""Structured logs: one JSON object a line, to standard error and to SALON_DATA/logs/salon.log.

Lines carry structure, never content: names, ids, counts and durations. What a person or a model wrote, query strings,
headers and secrets stay out. `structlog.get_logger()` is the way to log; what libraries log through `logging` becomes
the same lines. What `structlog.contextvars` binds (the request id, for one) is on every line of the request, and of
the background tasks that it starts, because a task takes its context along.
"""

import fcntl
import logging
import logging.config
import os
import re
import sys
import traceback
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from structlog.typing import EventDict, WrappedLogger

SECRET = re.compile(r"password|passwd|secret|token|api_?key|authorization|cookie|credential|session_?key|csrf", re.I)
QUOTING = ("asyncio", "daphne", "django.db.backends")
"""Loggers that write an exception, a call or a task into their sentence, and with it what people wrote."""
NOT_SECRET = frozenset({"fencing_token", "first_token_ms", "input_tokens", "output_tokens", "total_tokens"})
TELLING_ERRORS = (OSError, ImproperlyConfigured, OperationalError)
"""Exceptions whose message says what is wrong with the machine. Others may quote a row, or a person's words."""


def configure(options: Mapping[str, Path]) -> None:
    """Send every log line to standard error and, rotated at 10 MB, to salon.log in `options["folder"]`.

    Django calls this at its start with the setting LOGGING.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        leave_out_paths,
        leave_out_quotations,
        tell_error_without_content,
        remove_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    options["folder"].mkdir(parents=True, exist_ok=True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": formatter(shared, structlog.processors.JSONRenderer(ensure_ascii=False)),
                "terminal": formatter(shared, structlog.dev.ConsoleRenderer()),
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "terminal" if sys.stderr.isatty() else "json",
                },
                "file": {
                    "class": "webapp.logs.SharedRotatingFileHandler",
                    "filename": options["folder"] / "salon.log",
                    "maxBytes": 10_000_000,
                    "backupCount": 5,
                    "encoding": "utf-8",
                    "delay": True,
                    "formatter": "json",
                },
            },
            "root": {"level": "INFO", "handlers": ["stderr", "file"]},
            # Without handlers of their own. What says the same as our line for each request would add its path
            "loggers": {
                name: {"level": level, "handlers": [], "propagate": True}
                for name, level in {
                    "django": "INFO",
                    "django.request": "ERROR",
                    "django.security.DisallowedHost": "CRITICAL",
                    "django.server": "ERROR",
                    "django.channels.server": "ERROR",
                    "daphne": "WARNING",
                    "procrastinate": "WARNING",
                    "uvicorn.access": "WARNING",
                    "httpx2": "WARNING",
                    "openai": "WARNING",
                    "azure": "WARNING",
                }.items()
            },
        }
    )


def formatter(shared: list[Any], renderer: Any) -> dict[str, Any]:
    """Return what dictConfig makes a formatter from: the shared processors for foreign lines, then the renderer."""
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "pass_foreign_args": True,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }


def leave_out_paths(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep Django's reason ("Internal Server Error") and drop the path after it, which can hold a reset link."""
    arguments = event.pop("positional_args", None)
    record = event.get("_record")
    if record is not None and record.name.startswith(("django.request", "django.security")):
        event["event"] = str(arguments[0]) if arguments else "request refused"
    return event


def leave_out_quotations(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep the beginning of what a quoting library says; the exception itself is told beside it."""
    record = event.get("_record")
    if record is not None and record.name.startswith(QUOTING):
        event["event"] = re.split(r"[<(:\n]", str(record.msg), maxsplit=1)[0].strip()
    return event


def tell_error_without_content(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into the exceptions' types and places, with the message of those alone that quote nobody."""
    error = exception_of(event.pop("exc_info", None))
    if error is None:
        return event
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < 10:
        chain.append(describe(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    event["exception"] = chain
    return event


def exception_of(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
    return sys.exc_info()[1]


def describe(error: BaseException) -> dict[str, Any]:
    """Return {"type", "at": ["file:line function", innermost last], "message" for errors that quote nobody}."""
    described: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, TELLING_ERRORS):
        described["message"] = str(error)
    described["at"] = frames(error.__traceback__)
    return described


def frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-30:]]


def remove_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that names a secret, however deep it lies."""
    for name, value in event.items():
        if SECRET.search(name) and name not in NOT_SECRET:
            event[name] = "[removed]"
        elif isinstance(value, dict):
            event[name] = remove_secrets(_logger, _method, dict(value))
    return event


class SharedRotatingFileHandler(RotatingFileHandler):
    """A rotating file that several processes write: one of them rotates, the others notice and open the new file."""

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and self.rotated_by_another():
            self.stream.close()
            self.stream = self._open()
        super().emit(record)

    def rotated_by_another(self) -> bool:
        if self.stream is None:
            return False
        try:
            ours, now = os.fstat(self.stream.fileno()), os.stat(self.baseFilename)
        except FileNotFoundError:
            return True
        return (ours.st_dev, ours.st_ino) != (now.st_dev, now.st_ino)

    def doRollover(self) -> None:
        with open(f"{self.baseFilename}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.rotated_by_another():  # while we waited for the lock
                super().doRollover()
