"""Object stores as Salon uses them: private, errors as `OSError`, and links that are good for some minutes.

Each object lies there as a download of unknown type. What a browser may show is said by the link to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import structlog
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.azure_storage import AzureStorage
from storages.backends.s3 import S3Storage

log = structlog.get_logger(__name__)

GOOD_FOR = 600
"""Seconds that a link opens its object."""
IMMUTABLE = "private, max-age=86400, immutable"
UNSIGNED = 600.0
"""Seconds for which no link is asked for after one could not be made."""


class StoreError(OSError):
    """An object store that does not do what it should."""


@contextmanager
def _told_as_os_errors() -> Iterator[None]:
    try:
        yield
    except ResourceNotFoundError as error:
        raise FileNotFoundError from error
    except (AzureError, BotoCoreError, ClientError) as error:
        # The message may hold a signed address
        raise StoreError(f"the object store failed ({type(error).__name__})") from error


class _Store:
    """What both have in common: the operations that Salon uses, their errors told as those of a disk."""

    links: bool
    _no_link_until = 0.0

    def exists(self, name: str) -> bool:
        with _told_as_os_errors():
            return bool(super().exists(name))  # type: ignore[misc]

    def size(self, name: str) -> int:
        with _told_as_os_errors():
            return int(super().size(name))  # type: ignore[misc]

    def delete(self, name: str) -> None:
        with _told_as_os_errors():
            super().delete(name)  # type: ignore[misc]

    def _save(self, name: str, content: Any) -> str:
        with _told_as_os_errors():
            return str(super()._save(name, content))  # type: ignore[misc]

    def _open(self, name: str, mode: str = "rb") -> Any:
        """Open an object with its bytes here, so that nothing fails in the middle of an answer."""
        with _told_as_os_errors():
            opened = super()._open(name, mode)  # type: ignore[misc]
            _: IO[bytes] = opened.file
            return opened

    def link(self, name: str, *, media_type: str, disposition: str) -> str | None:
        """Return an address that anybody may open for some minutes, None where none can be made.

        It says itself how a browser takes the bytes. Whoever calls has looked whether the person may see them.
        """
        if not self.links or time.monotonic() < self._no_link_until:
            return None
        try:
            return str(self._link(name, media_type, disposition))
        except (AzureError, BotoCoreError, ClientError, ValueError) as error:
            # Keys that may read but not sign: asking again for each picture would only be slow
            log.warning("no_signed_links", error=type(error).__name__)
            self._no_link_until = time.monotonic() + UNSIGNED
            return None

    def _link(self, name: str, media_type: str, disposition: str) -> str:
        raise NotImplementedError


class AzureStore(_Store, AzureStorage):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        if not self.account_key:
            self.token_credential = DefaultAzureCredential()

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "account_url": "", "links": True}

    def _get_service_client(self) -> BlobServiceClient:
        key = {"account_name": self.account_name, "account_key": self.account_key}
        return BlobServiceClient(
            self.account_url, credential=key if self.account_key else self.token_credential, **self.client_options
        )

    def _link(self, name: str, media_type: str, disposition: str) -> str:
        said = {"content_type": media_type, "content_disposition": disposition, "cache_control": IMMUTABLE}
        return str(self.url(name, expire=GOOD_FOR, parameters=said))


class S3Store(_Store, S3Storage):
    client_config: Config

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Many servers that speak S3 know no checksums in trailers
        self.client_config = self.client_config.merge(
            Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
        )

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "signature_version": "s3v4", "links": True}

    def _link(self, name: str, media_type: str, disposition: str) -> str:
        said = {
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": IMMUTABLE,
        }
        return str(self.url(name, expire=GOOD_FOR, parameters=said))
