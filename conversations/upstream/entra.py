"""Tokens of Microsoft Entra ID: one request for many users of a token, a new one before the old one ends."""

import asyncio
import importlib
import time
from time import monotonic
from typing import Any, Protocol

from .errors import ProviderRefused

MARGIN = 300.0  # seconds before the end at which a token is renewed; half its life where that is less
NO_SIGN_IN = (
    "The server cannot sign in at Microsoft Entra ID. Ask an administrator to check its identity, "
    "or to set AZURE_OPENAI_API_KEY."
)


class Token(Protocol):
    """A token, and when it ends in seconds of the Unix epoch (`azure.core.credentials.AccessToken`)."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int: ...


class TokenCredential(Protocol):
    """Any asynchronous credential of azure-identity."""

    async def get_token(self, *scopes: str) -> Token:
        """Return a token for the scopes."""

    async def close(self) -> None:
        """Let go of connections."""


class TokenSource:
    """Hands out a bearer token for `scope`, fetched once for all who ask meanwhile.

    Without a `credential`, `DefaultAzureCredential` finds out how this machine signs in, when the first token is asked
    for: on servers that have a key, azure-identity is not even loaded.
    """

    def __init__(self, *, scope: str, credential: TokenCredential | None = None) -> None:
        self._scope = scope
        self._given = credential
        self._found: TokenCredential | None = None
        self._token = ""
        self._renew_at = self._ends_at = 0.0  # on the monotonic clock: the wall clock may be set
        self._fetching: asyncio.Task[None] | None = None

    async def token(self) -> str:
        """Return a token that is valid for a while, without waiting where the last one still is.

        Raises ProviderRefused when none can be had.
        """
        now = monotonic()
        if now >= self._renew_at:
            if self._fetching is None:
                self._fetching = asyncio.create_task(self._fetch())
                # A failure is told to those who wait for it; where nobody has to, the next call tries again.
                self._fetching.add_done_callback(lambda done: done.cancelled() or done.exception())
            if now >= self._ends_at:
                # Shielded: one of the many who wait may be stopped by its user.
                await asyncio.shield(self._fetching)
        return self._token

    async def reject(self, token: str) -> None:
        """The provider did not take `token` (a 401): the next call fetches a new one, if nobody has done so yet."""
        if token != self._token:
            return
        self._renew_at = self._ends_at = 0.0
        if self._found and not self._fetching:
            # A credential keeps what it fetched; a new one has to ask again.
            found, self._found = self._found, None
            await found.close()

    async def aclose(self) -> None:
        """Stop fetching and close the credential that was found here (one that was given is its giver's)."""
        if self._fetching:
            self._fetching.cancel()
        if self._found:
            await self._found.close()

    async def _fetch(self) -> None:
        try:
            credential = self._given or await self._find_credential()
            asked_at = monotonic()
            fetched = await credential.get_token(self._scope)
            life = fetched.expires_on - time.time()
            self._token = fetched.token
            self._ends_at = asked_at + life
            self._renew_at = self._ends_at - min(MARGIN, life / 2)
        except Exception as error:
            # Each way to sign in fails with exceptions of its own libraries; to us they all mean the same.
            raise ProviderRefused(NO_SIGN_IN, code=type(error).__name__) from error
        finally:
            self._fetching = None

    async def _find_credential(self) -> TokenCredential:
        if self._found is None:
            # Loading it takes half a second, which other people's streams should not feel.
            azure: Any = await asyncio.to_thread(importlib.import_module, "azure.identity.aio")
            self._found = azure.DefaultAzureCredential()
        return self._found
