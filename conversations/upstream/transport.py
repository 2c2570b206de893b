"""Requests to the provider through the official SDK: credentials, deadlines, further attempts, errors as ours."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import aiohttp
import httpx2
import openai
from openai import AsyncAzureOpenAI, AsyncOpenAI, AsyncStream, DefaultAioHttpClient

from .classification import error_from_body
from .config import ProviderConfig
from .entra import TokenCredential, TokenSource
from .errors import ProviderUnavailable, UpstreamError
from .retries import retry_delay
from .stream import SILENT, TRANSPORT_ERRORS, EventStream

UNREACHABLE = "The model provider cannot be reached. Try again in a moment."
TOO_LATE = "The model provider did not answer in time. Try again in a moment."
KEEP_ALIVE = 60.0  # seconds: the next message of a conversation should not wait for another TLS handshake
IMAGE_DEPLOYMENT = "x-ms-oai-image-generation-deployment"
COLLECTIVE = {"responses/compact", "responses/input_tokens"}  # paths that name no one response
SECURITY = {"bearer_auth": True}  # never the administrator's key of OpenAI that the SDK may find in the environment

OnWait = Callable[[float, UpstreamError], None]
T = TypeVar("T")


class Transport:
    """Sends requests by the SDK's client; the SDK's own retries are off, for they know nothing of streams."""

    def __init__(self, config: ProviderConfig, *, credential: TokenCredential | None) -> None:
        self._config = config
        self._tokens: TokenSource | None = None
        if config.api_key is None and config.kind in ("azure", "azure-dated"):
            self._tokens = TokenSource(scope=config.entra_scope, credential=credential)
        signed = config.api_key is not None or self._tokens is not None
        # Omitting it by name is how the SDK is told that no key is no mistake.
        self._headers = {} if signed else {"Authorization": openai.Omit()}
        self._client = _sdk_client(config, self._tokens)

    async def request(
        self,
        method: str,
        path: str,
        *,
        first_byte_timeout: float | None = None,
        repeatable: bool = True,
        **sent: Any,
    ) -> httpx2.Response:
        """Return the whole answer to a request; `sent` is what the SDK's method of this name takes to send.

        With `repeatable` false there is another attempt only when the provider certainly did nothing with this one.
        Raises UpstreamError.
        """
        deadlines = httpx2.Timeout(
            connect=self._config.connect_timeout,
            pool=self._config.connect_timeout,
            read=first_byte_timeout or self._config.first_byte_timeout,
            write=None,
        )
        return await self._attempts(
            lambda: self._send(method, path, deadlines=deadlines, repeatable=repeatable, **sent)
        )

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, starting_after: int | None = None, on_wait: OnWait | None, **sent: Any
    ) -> AsyncGenerator[EventStream, None]:
        """Send a request whose answer is an event stream; the first events have been read when the block is entered.

        Raises UpstreamError.
        """
        stream = await self._attempts(
            lambda: self._open_stream(method, path, starting_after=starting_after, **sent), on_wait=on_wait
        )
        try:
            yield stream
        finally:
            await stream.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()
        if self._tokens:
            await self._tokens.aclose()

    async def _attempts(self, attempt: Callable[[], Awaitable[T]], *, on_wait: OnWait | None = None) -> T:
        failures = 0
        renewed = False
        while True:
            try:
                return await attempt()
            except UpstreamError as error:
                if error.status == 401 and self._tokens and not renewed:
                    renewed = True  # _send has rejected the token, so the next attempt has another
                    continue
                delay = retry_delay(error, attempt=failures)
                if delay is None or failures >= self._config.max_retries:
                    raise
                if on_wait:
                    on_wait(delay, error)
            failures += 1
            await asyncio.sleep(delay)

    async def _open_stream(self, method: str, path: str, *, starting_after: int | None, **sent: Any) -> EventStream:
        # The deadlines of the first byte and of each later one differ, so the socket has none of its own.
        deadlines = httpx2.Timeout(None, connect=self._config.connect_timeout, pool=self._config.connect_timeout)
        sent["headers"] = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        try:
            async with asyncio.timeout(self._config.first_byte_timeout), AsyncExitStack() as unfinished:
                response = await self._send(method, path, deadlines=deadlines, streaming=True, **sent)
                unfinished.push_async_callback(response.aclose)
                stream = EventStream(response, idle_timeout=self._config.idle_timeout, starting_after=starting_after)
                await stream.open()
                unfinished.pop_all()
                return stream
        except TimeoutError:
            raise ProviderUnavailable(TOO_LATE, retryable=True) from None

    async def _send(
        self,
        method: str,
        path: str,
        *,
        deadlines: httpx2.Timeout,
        repeatable: bool = True,
        streaming: bool = False,
        headers: dict[str, str] | None = None,
        params: dict[str, object] | None = None,
        **sent: Any,
    ) -> httpx2.Response:
        options = {
            "timeout": deadlines,
            "headers": {**self._headers, **(headers or {})},
            "params": params or {},
            "security": SECURITY,
        }
        if streaming:
            sent |= {"stream": True, "stream_cls": AsyncStream}
        try:
            call = getattr(self._client, method)
            response: httpx2.Response = await call(path, cast_to=httpx2.Response, options=options, **sent)
            return response
        except openai.APIStatusError as error:
            if error.status_code == 401 and self._tokens:
                await self._tokens.reject(error.request.headers.get("Authorization", "").removeprefix("Bearer "))
            # Not chained: the SDK's text quotes the body, which may hold content, and would be logged.
            raise error_from_body(
                error.response.content,
                status=error.status_code,
                headers=error.response.headers,
                one_object=path.startswith(("responses/", "files/")) and path not in COLLECTIVE,
            ) from None
        except (openai.APIConnectionError, *TRANSPORT_ERRORS) as error:
            raise _not_answered(error, repeatable=repeatable) from error


def _not_answered(error: BaseException, *, repeatable: bool) -> ProviderUnavailable:
    causes = [error]
    while cause := causes[-1].__cause__:
        causes.append(cause)
    if any(isinstance(cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)) for cause in causes):
        return ProviderUnavailable(UNREACHABLE, code=type(causes[-1]).__name__, retryable=True)
    late = any(isinstance(cause, TimeoutError) for cause in causes)
    sentence = TOO_LATE if late else SILENT
    return ProviderUnavailable(sentence, code=type(causes[-1]).__name__, retryable=repeatable)


def _sdk_client(config: ProviderConfig, tokens: TokenSource | None) -> AsyncOpenAI:
    shared: dict[str, Any] = {
        "base_url": config.base_url,
        "max_retries": 0,
        "default_headers": {IMAGE_DEPLOYMENT: config.image_deployment} if config.image_deployment else {},
        "http_client": DefaultAioHttpClient(
            # A provider has no reason to redirect, and a redirect would carry the prompt elsewhere.
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE),
            # The embedded provider is on the loopback, where the environment's proxy cannot reach it.
            trust_env=config.kind != "local",
        ),
    }
    if config.kind != "azure-dated":
        key = tokens.token if tokens else config.api_key or ""
        return AsyncOpenAI(api_key=key, _enforce_credentials=False, **shared)
    if tokens:
        return AsyncAzureOpenAI(azure_ad_token_provider=tokens.token, api_version=config.api_version, **shared)
    return AsyncAzureOpenAI(api_key=config.api_key, api_version=config.api_version, **shared)
