"""What can go wrong between us and the provider, sorted by what its catcher does next.

UpstreamError
├── ProviderUnavailable   not reached, 5xx, or silent before the first event: retried, then a person may
├── ProviderBusy          429: retried after `retry_after`; a used-up quota is not
├── ProviderRefused       401, 403, unknown model, wrong address: an administrator must act
├── RequestRejected       any other 4xx: the request has to change, `param` names where
├── ContentFiltered       the prompt was refused by a content filter, `filters` names the categories
├── ResponseNotFound      unknown or expired response, or previous_response_id: rebuild from the mirror
└── StreamBroken          no terminal event: resume (background) or keep what was said
"""

from typing import Any


class UpstreamError(Exception):
    """A failed exchange with the provider.

    `sentence` is for people: what happened and what to do; it never holds content, so it is also the exception's text.
    `code` and `param` are the provider's words, `status` the HTTP status (None inside a stream), `retry_after` the
    seconds the provider asked for, `request_id` what its support asks for. `body` is the provider's error object,
    which may quote the request: show it to those who may read the conversation, never log it.
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        body: dict[str, Any] | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.param = param
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        self.body = body or {}
        self.retryable = retryable

    @property
    def details(self) -> dict[str, Any]:
        """What was said beside the sentence, as arguments of this class and as JSON."""
        names = ("code", "param", "status", "retry_after", "request_id", "body")
        return {name: getattr(self, name) for name in names}


class ProviderUnavailable(UpstreamError):
    """The provider could not be reached, failed on its side, or said nothing in time."""


class ProviderBusy(UpstreamError):
    """Too many requests, or the quota is used up (`retryable` is False then: waiting does not help)."""


class ProviderRefused(UpstreamError):
    """The key, identity, model or address is wrong: nothing works until an administrator acts."""


class RequestRejected(UpstreamError):
    """The provider does not take this request as it is; `param` names the part, where the provider said."""


class ContentFiltered(UpstreamError):
    """The prompt was refused by a content filter; `filters` are the names of the categories that were hit."""

    def __init__(self, sentence: str, *, filters: list[str], **details: Any) -> None:
        super().__init__(sentence, **details)
        self.filters = filters


class ResponseNotFound(UpstreamError):
    """The provider does not know this response (any more); expired and never existed look alike."""


class StreamBroken(UpstreamError):
    """The stream began, then ended without a terminal event, went silent, or sent what cannot be read."""
