"""Failures on request, for tests and demonstrations: `metadata={"fault": "NAME", "fault_id": "..."}`.

Before the answer:
    status_401  status_404  status_429 (with retry-after-ms and Retry-After)  status_500  status_503
    expired_previous        the `previous_response_id` of the request is answered as expired
    unsupported_parameter=P refuses the parameter P with a 400, when the request has it
    content_filter_prompt   Azure's 400 of a filtered prompt
    drop_before_headers     closes the connection without an answer
    silent                  sends the headers of a stream and then nothing
In the stream (the response itself is well; N is a sequence number):
    drop_at=N               closes the connection after event N
    hang_at=N               sends nothing more after event N
    no_terminal             ends the stream without its last event
    garbage_at=N            sends a line that is not JSON after event N
    duplicate_at=N          sends event N twice
    half_character_at=N     writes an event from N on in two pieces, cut inside a character
    half_character_lost_at=N  the same, but the second piece never comes: the connection closes
In the response:
    failed_at=N             response.failed after event N
    error_event_at=N        an error event of the nested shape after event N, then response.failed
    error_event_flat_at=N   an error event of the flat shape after event N, and nothing more
    content_filter_completion  cut short as response.incomplete, with the reason content_filter
In its measure:
    slow=MS                 milliseconds for each delta
    deltas=N                an answer of exactly N deltas
    text=...                exactly this text (takes the rest of the value, so it comes last)

Several are separated by commas. With `;once` at the end they hit only the first time for their `fault_id`.
"""

from typing import Any

from .errors import ApiError, previous_response_not_found

STATUSES = {
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    404: ("The API deployment for this resource does not exist.", "invalid_request_error", "DeploymentNotFound"),
    429: ("Rate limit reached for requests. Please try again in 20ms.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request. Sorry about that!", "server_error", None),
    503: ("That model is currently overloaded with other requests.", "server_error", "server_overloaded"),
}
FILTERED = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
IN_STREAM = ("drop_at", "hang_at", "garbage_at", "duplicate_at", "half_character_at", "half_character_lost_at")
IN_RESPONSE = ("failed_at", "error_event_at", "error_event_flat_at")
FLAGS = ("expired_previous", "content_filter_prompt", "drop_before_headers", "silent", "no_terminal")
NUMBERS = (*IN_STREAM, *IN_RESPONSE, "slow", "deltas")


class Faults:
    """The faults that one request asks for."""

    def __init__(self, wanted: dict[str, str]) -> None:
        self.wanted = wanted

    @classmethod
    def read(cls, metadata: dict[str, str], used: set[str]) -> "Faults":
        """Read a request's metadata. `used` holds the `fault_id`s whose `;once` has been spent, and gains this one.

        Raises ApiError for a fault that does not exist: a test must not pass because of a typing mistake.
        """
        text = metadata.get("fault", "")
        before, _, exact = text.partition("text=")
        once = text.endswith(";once")
        wanted = {}
        for part in before.removesuffix(";once").split(","):
            name, _, value = part.strip().partition("=")
            if name:
                wanted[name] = value
        if exact:
            wanted["text"] = exact.removesuffix(";once")
        for name, value in wanted.items():
            check_fault(name, value)
        if once:
            fault_id = metadata.get("fault_id", text)
            if fault_id in used:
                return cls({})
            used.add(fault_id)
        return cls(wanted)

    def __contains__(self, name: str) -> bool:
        return name in self.wanted

    def number(self, name: str) -> int | None:
        """The number behind a fault, None where it is not asked for."""
        return int(self.wanted[name]) if name in self.wanted else None

    def text(self) -> str | None:
        """The exact text asked for."""
        return self.wanted.get("text")

    def on_the_wire(self) -> bool:
        """Whether the stream must be written event by event, for one of them to go wrong."""
        return "no_terminal" in self or any(name in self for name in IN_STREAM)

    def refuse(self, body: dict[str, Any]) -> None:
        """Raise the ApiError that the request asks for, before anything is done."""
        for status, (message, kind, code) in STATUSES.items():
            if f"status_{status}" in self:
                headers = {"retry-after-ms": "20", "Retry-After": "1"} if status == 429 else {}
                raise ApiError(status, message, kind=kind, code=code, headers=headers)
        if "expired_previous" in self and body.get("previous_response_id"):
            raise previous_response_not_found(body["previous_response_id"])
        parameter = self.wanted.get("unsupported_parameter")
        if parameter and body.get(parameter) is not None:
            raise ApiError(
                400,
                f"Unsupported parameter: '{parameter}' is not supported with this model.",
                param=parameter,
                code="unsupported_parameter",
            )
        if "content_filter_prompt" in self:
            raise ApiError(400, FILTERED, param="prompt", code="content_filter", extra=filtered_prompt())


def check_fault(name: str, value: str) -> None:
    """Raise ApiError unless the fault exists and has the value that it needs."""
    if name in NUMBERS and not value.isdecimal():
        raise ApiError(400, f"The fault '{name}' needs a number, as in {name}=10.", param="metadata")
    known = (*NUMBERS, *FLAGS, "text", "unsupported_parameter", "content_filter_completion")
    if name not in known and name not in {f"status_{status}" for status in STATUSES}:
        raise ApiError(400, f"There is no fault named '{name}'.", param="metadata")


def filtered_prompt() -> dict[str, Any]:
    """The extra field of Azure's error for a filtered prompt."""
    harmless = {"filtered": False, "severity": "safe"}
    results = {"hate": harmless, "self_harm": harmless, "sexual": harmless}
    results["violence"] = {"filtered": True, "severity": "medium"}
    return {"content_filters": [{"blocked": True, "source_type": "prompt", "content_filter_results": results}]}
