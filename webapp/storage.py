"""Where files are kept: SALON_STORAGE, as Django's STORAGES wants it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from webapp import env

ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"(?:[\w.-]+/)*[\w.-]*")
REGION = re.compile(r"[a-z0-9-]+")
MEMORY = 2 * 1024 * 1024
"""Bytes of a file that is read from an object store; what is larger waits on the disk."""
QUICK = {"connection_timeout": 5, "read_timeout": 30, "retry_total": 2, "initial_backoff": 1, "increment_base": 1}
"""Of Azure's client, which would wait for a minute while a person does."""
AZURE = "SALON_STORAGE is no Azure container: write it like azure://ACCOUNT/CONTAINER."
S3 = "SALON_STORAGE is no S3 bucket: write it like s3://BUCKET?region=eu-central-1."


@dataclass(frozen=True)
class Storage:
    """The entry of STORAGES, and the origin that browsers are sent to for bytes; none where Salon hands them out."""

    backend: dict[str, Any]
    origin: str = ""


def storage(data: Path) -> Storage:
    """Return what SALON_STORAGE names; raise `BadSetting`."""
    named, links = env.text("SALON_STORAGE", "file"), env.flag("SALON_STORAGE_LINKS", True)
    key = env.text("AZURE_STORAGE_KEY")
    keys = env.text("AWS_ACCESS_KEY_ID"), env.text("AWS_SECRET_ACCESS_KEY"), env.text("AWS_SESSION_TOKEN")
    if named == "file":
        return Storage(
            {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": data / "files"}}
        )
    try:
        address = urlsplit(named)
        given = parse_qs(address.query, strict_parsing=bool(address.query))
    except ValueError:
        raise env.BadSetting("SALON_STORAGE cannot be read: set it to file, azure://... or s3://...") from None
    options = {name: values[-1] for name, values in given.items()}
    if address.password or address.username:
        raise env.BadSetting("SALON_STORAGE holds a key: set AZURE_STORAGE_KEY or AWS_SECRET_ACCESS_KEY instead.")
    if address.scheme == "azure":
        return _azure(address, options, key, links=links)
    if address.scheme == "s3":
        return _s3(address, options, keys, links=links)
    raise env.BadSetting("SALON_STORAGE is neither file nor begins with azure:// or s3://: correct it.")


def _azure(address: SplitResult, options: dict[str, str], key: str, *, links: bool) -> Storage:
    container, _, prefix = address.path.strip("/").partition("/")
    account = address.netloc
    if not (ACCOUNT.fullmatch(account) and CONTAINER.fullmatch(container) and PREFIX.fullmatch(prefix)):
        raise env.BadSetting(AZURE)
    endpoint = _endpoint(options, f"https://{account}.blob.core.windows.net", known={"endpoint"})
    chosen = {
        "account_name": account,
        "account_key": key or None,
        "account_url": endpoint,
        "azure_container": container,
        "location": prefix,
        "overwrite_files": True,
        "object_parameters": {"content_disposition": "attachment"},
        "max_memory_size": MEMORY,
        "client_options": QUICK,
        "links": links,
    }
    return Storage({"BACKEND": "conversations.stores.AzureStore", "OPTIONS": chosen}, _origin(endpoint, links=links))


def _s3(address: SplitResult, options: dict[str, str], keys: tuple[str, str, str], *, links: bool) -> Storage:
    bucket, prefix = address.netloc, address.path.strip("/")
    region = options.pop("region", "us-east-1")
    if not (BUCKET.fullmatch(bucket) and PREFIX.fullmatch(prefix) and REGION.fullmatch(region)):
        raise env.BadSetting(S3)
    if bool(keys[0]) != bool(keys[1]):
        raise env.BadSetting("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both, or neither.")
    amazon = f"https://s3.{region}.amazonaws.com"
    endpoint = _endpoint(options, amazon, known={"endpoint"})
    # A certificate does not cover a bucket with dots as a part of the host, and few other servers have such hosts
    by_host = endpoint == amazon and "." not in bucket
    chosen = {
        "bucket_name": bucket,
        "location": prefix,
        "access_key": keys[0] or None,
        "secret_key": keys[1] or None,
        "security_token": keys[2] or None,
        "region_name": region,
        "endpoint_url": endpoint,
        "addressing_style": "virtual" if by_host else "path",
        "object_parameters": {"ContentDisposition": "attachment", "ContentType": "application/octet-stream"},
        "max_memory_size": MEMORY,
        "links": links,
    }
    seen = endpoint.replace("://", f"://{bucket}.") if by_host else endpoint
    return Storage({"BACKEND": "conversations.stores.S3Store", "OPTIONS": chosen}, _origin(seen, links=links))


def _endpoint(options: dict[str, str], usual: str, *, known: set[str]) -> str:
    if unknown := options.keys() - known:
        raise env.BadSetting(f"SALON_STORAGE has the part “{min(unknown)}”, which means nothing: take it away.")
    endpoint = options.get("endpoint", usual).rstrip("/")
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc) or parts.query:
        raise env.BadSetting("SALON_STORAGE has an endpoint that is no address: write it like https://store.example.")
    return endpoint


def _origin(endpoint: str, *, links: bool) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}" if links else ""
