"""The provider of this process: the one that the settings name, or else the embedded one."""

from __future__ import annotations

import asyncio

from django.conf import settings

from conversations.localmodel import launcher
from conversations.upstream.client import Provider
from conversations.upstream.config import ProviderConfig

_provider: Provider | None = None
_loop: asyncio.AbstractEventLoop | None = None


async def provider() -> Provider:
    """Return the provider's client, one for each event loop; the embedded provider is started when first needed."""
    global _provider, _loop
    loop = asyncio.get_running_loop()
    if _provider is not None and _loop is loop:
        return _provider
    config: ProviderConfig | None = settings.SALON_PROVIDER
    if config is None:
        endpoint = await asyncio.to_thread(launcher.ensure, settings.DATA)
        config = ProviderConfig(kind="local", base_url=endpoint.base_url, api_key=endpoint.key)
    _provider, _loop = Provider(config), loop
    return _provider


async def forget() -> None:
    """Close the client; the next use makes a new one, and starts the embedded provider again if it has ended."""
    global _provider
    old, _provider = _provider, None
    if old is not None and _loop is asyncio.get_running_loop():
        await old.aclose()
