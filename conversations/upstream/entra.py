"""Tokens of Microsoft Entra ID: one request for many users of a token, a new one before the old one ends."""

import asyncio
import time
from time import monotonic

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from .errors import ProviderRefused

MARGIN = 300.0  # seconds before the end at which a token is renewed; half its life where that is less
NO_SIGN_IN = (
    "The server cannot sign in at Microsoft Entra ID. Ask an administrator to check its identity, "
    "or to set AZURE_OPENAI_API_KEY."
)


class TokenSource:
    """Hands out a bearer token for `scope`, fetched once for all who ask meanwhile.

    `credential` is any asynchronous credential of azure-identity; without one `DefaultAzureCredential` is made when
    the first token is asked for (making it looks at the machine, which takes time that most servers need not spend).
    """

    def __init__(self, *, scope: str, credential: AsyncTokenCredential | None = None) -> None:
        self._scope = scope
        self._given = credential
        self._made: AsyncTokenCredential | None = None
        self._token = ""
        self._renew_at = self._ends_at = 0.0  # on the monotonic clock: the wall clock may be set
        self._fetching: asyncio.Task[None] | None = None

    async def token(self) -> str:
        """Return a token that is valid for a while. Raises ProviderRefused when none can be had."""
        if monotonic() >= self._renew_at:
            if self._fetching is None:
                self._fetching = asyncio.create_task(self._fetch())
            fetching = self._fetching
            try:
                # Shielded: one of the many who wait may be stopped by its user.
                await asyncio.shield(fetching)
            except ProviderRefused:
                if monotonic() >= self._ends_at:
                    raise
        return self._token

    async def reject(self, token: str) -> None:
        """The provider did not take `token` (a 401): the next call fetches a new one, if nobody has done so yet."""
        if token != self._token:
            return
        self._renew_at = self._ends_at = 0.0
        if self._made:
            # A credential keeps what it fetched; a new one has to ask again.
            made, self._made = self._made, None
            await made.close()

    async def aclose(self) -> None:
        """Stop fetching and close the credential that was made here (one that was given is its giver's)."""
        if self._fetching:
            self._fetching.cancel()
        if self._made:
            await self._made.close()

    async def _fetch(self) -> None:
        try:
            asked_at = monotonic()
            fetched = await self._credential().get_token(self._scope)
            life = fetched.expires_on - time.time()
            self._token = fetched.token
            self._ends_at = asked_at + life
            self._renew_at = self._ends_at - min(MARGIN, life / 2)
        except (AzureError, OSError, ImportError, ValueError) as error:
            raise ProviderRefused(NO_SIGN_IN, code=type(error).__name__) from error
        finally:
            self._fetching = None

    def _credential(self) -> AsyncTokenCredential:
        if self._given:
            return self._given
        if self._made is None:
            from azure.identity.aio import DefaultAzureCredential

            self._made = DefaultAzureCredential()
        return self._made
