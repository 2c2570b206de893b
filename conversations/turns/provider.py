"""The provider of this process: the one that the settings name, or else the embedded one."""

from __future__ import annotations

import asyncio

import structlog
from django.conf import settings

from conversations.localmodel import launcher
from conversations.upstream.client import Provider
from conversations.upstream.config import ProviderConfig
from conversations.upstream.errors import ProviderUnavailable, UpstreamError

log = structlog.get_logger(__name__)

_provider: Provider | None = None
_loop: asyncio.AbstractEventLoop | None = None


async def provider() -> Provider:
    """Return the provider's client, one for each event loop; the embedded provider is started when first needed."""
    global _provider, _loop
    loop = asyncio.get_running_loop()
    if _provider is None or _loop is not loop:
        config = settings.SALON_PROVIDER or await _embedded()
        if _provider is None or _loop is not loop:  # several turns ask at once, and while it starts none has it
            _provider, _loop = Provider(config), loop
    return _provider


async def warm_up() -> None:
    """Ask the provider something small, so that the first person does not wait for what only happens once.

    That is a tenth of a second of imports, a handshake, a token; or the start of the embedded provider. A provider that
    does not answer is no reason not to start.
    """
    try:
        await (await provider()).list_models()
    except UpstreamError as error:
        log.info("provider_not_warmed_up", error=type(error).__name__)


async def revive() -> bool:
    """Start the embedded provider again if it has ended; return whether there is a reason to ask once more.

    It takes over the address and the key of the one before, so clients go on as they are.
    """
    if settings.SALON_PROVIDER is not None:
        return False
    await _embedded()
    return True


async def _embedded() -> ProviderConfig:
    try:
        endpoint = await asyncio.to_thread(launcher.ensure, settings.DATA)
    except launcher.ProviderError as error:
        raise ProviderUnavailable(str(error)) from error
    return ProviderConfig(kind="local", base_url=endpoint.base_url, api_key=endpoint.key)


async def forget() -> None:
    """Close the client, and with it every stream of this process."""
    global _provider
    old, _provider = _provider, None
    if old is not None and _loop is asyncio.get_running_loop():
        await old.aclose()
