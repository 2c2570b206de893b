"""The body of `POST /v1/responses`: what is allowed in it."""

from typing import Any

from .errors import ApiError, invalid

DEMO = "demo"
SMALL = "smollm2-135m"

# Parameter -> the JSON types that it may have, null aside.
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "model": (str,),
    "input": (str, list),
    "background": (bool,),
    "conversation": (str, dict),
    "include": (list,),
    "instructions": (str, list),
    "max_output_tokens": (int,),
    "max_tool_calls": (int,),
    "metadata": (dict,),
    "parallel_tool_calls": (bool,),
    "previous_response_id": (str,),
    "prompt": (dict,),
    "prompt_cache_key": (str,),
    "prompt_cache_options": (dict,),
    "prompt_cache_retention": (str,),
    "reasoning": (dict,),
    "safety_identifier": (str,),
    "service_tier": (str,),
    "store": (bool,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": (int, float),
    "text": (dict,),
    "tool_choice": (str, dict),
    "tools": (list,),
    "top_logprobs": (int,),
    "top_p": (int, float),
    "truncation": (str,),
    "user": (str,),
    "context_management": (list,),
    "background_options": (dict,),
    "moderation": (dict,),
}
ANY_NUMBER = (None, None)
RANGES: dict[str, tuple[int | None, int | None]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_logprobs": (0, 20),
    "max_output_tokens": (16, None),
    "max_tool_calls": (1, None),
}
CHOICES = {
    "truncation": ("auto", "disabled"),
    "service_tier": ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
}
INCLUDES = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
FUNCTION_TOOLS = ("function", "custom")
WEB_SEARCH_TOOLS = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
HOSTED_TOOLS = (
    *WEB_SEARCH_TOOLS,
    "file_search",
    "code_interpreter",
    "image_generation",
    "mcp",
    "computer",
    "computer_use_preview",
)
JSON_NAMES = {
    str: "a string",
    list: "an array",
    dict: "an object",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
}
METADATA_PAIRS, METADATA_KEY, METADATA_VALUE = 16, 64, 512


def check_body(given: Any) -> dict[str, Any]:
    """Return the body without its nulls. Raises ApiError for what the service would refuse before it does anything."""
    if not isinstance(given, dict):
        raise invalid("We could not parse the JSON body of your request: it must be an object.")
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name, value in body.items():
        check_parameter(name, value)
    if "model" not in body:
        raise invalid("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    if body["model"] not in (DEMO, SMALL):
        message = f"The requested model '{body['model']}' does not exist."
        raise invalid(message, param="model", code="model_not_found")
    if not body.get("input") and "previous_response_id" not in body:
        message = 'One of "input" or "previous_response_id" must be provided.'
        raise invalid(message, param="input", code="missing_required_parameter")
    check_together(body)
    check_metadata(body.get("metadata", {}))
    check_tools(body)
    return body


def check_parameter(name: str, value: Any) -> None:
    """Raise ApiError unless the parameter exists and its value has the right type, range and choice."""
    types = PARAMETERS.get(name)
    if types is None:
        raise invalid(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(JSON_NAMES[kind] for kind in types if kind is not float)
        message = f"Invalid type for '{name}': expected {expected}, but got {JSON_NAMES[type(value)]} instead."
        raise invalid(message, param=name, code="invalid_type")
    low, high = RANGES.get(name, ANY_NUMBER)
    if low is not None and value < low:
        message = f"Invalid '{name}': value below the minimum. Expected a value >= {low}, but got {value} instead."
        raise invalid(message, param=name, code="integer_below_min_value")
    if high is not None and value > high:
        message = f"Invalid '{name}': value above the maximum. Expected a value <= {high}, but got {value} instead."
        raise invalid(message, param=name, code="integer_above_max_value")
    if name in CHOICES and value not in CHOICES[name]:
        raise invalid_value(name, value, CHOICES[name])
    for wanted in value if name == "include" else ():
        if wanted not in INCLUDES:
            raise invalid_value("include", wanted, INCLUDES)


def check_together(body: dict[str, Any]) -> None:
    """Raise ApiError for parameters that exclude each other or that this provider does not have."""
    if body.get("background") and not body.get("store", True):
        raise invalid("Background mode requires 'store' to be true.", param="background")
    if "conversation" in body and "previous_response_id" in body:
        message = "Mutually exclusive parameters: 'previous_response_id' and 'conversation'."
        raise invalid(message, param="previous_response_id", code="mutually_exclusive_parameters")
    if "conversation" in body:
        wanted = body["conversation"]
        name = wanted if isinstance(wanted, str) else wanted.get("id")
        raise ApiError(404, f"Conversation with id '{name}' not found.", param="conversation")
    if "prompt" in body:
        raise ApiError(404, f"Prompt with id '{body['prompt'].get('id')}' not found.", param="prompt")
    effort = body.get("reasoning", {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        raise invalid_value("reasoning.effort", effort, EFFORTS)
    if effort not in (None, "none") and body["model"] == SMALL:
        message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
        raise invalid(message, param="reasoning.effort", code="unsupported_parameter")
    form = body.get("text", {}).get("format", {})
    if form.get("type", "text") not in ("text", "json_object", "json_schema"):
        raise invalid_value("text.format.type", form["type"], ("text", "json_object", "json_schema"))
    if form.get("type") == "json_schema" and not (form.get("name") and isinstance(form.get("schema"), dict)):
        missing = "schema" if form.get("name") else "name"
        param = f"text.format.{missing}"
        raise invalid(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def check_metadata(metadata: dict[str, Any]) -> None:
    """Raise ApiError for more, longer or other values than the API takes."""
    fits = len(metadata) <= METADATA_PAIRS and all(
        len(key) <= METADATA_KEY and isinstance(value, str) and len(value) <= METADATA_VALUE
        for key, value in metadata.items()
    )
    if not fits:
        message = (
            f"Invalid 'metadata': at most {METADATA_PAIRS} pairs, keys up to {METADATA_KEY} characters, "
            f"values strings of up to {METADATA_VALUE} characters."
        )
        raise invalid(message, param="metadata", code="invalid_value")


def check_tools(body: dict[str, Any]) -> None:
    """Raise ApiError for a tool that this provider or the model does not have, or that lacks what it needs."""
    tools = body.get("tools", [])
    for position, tool in enumerate(tools):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind not in (*FUNCTION_TOOLS, *HOSTED_TOOLS):
            raise invalid_value(f"tools[{position}].type", kind, (*FUNCTION_TOOLS, *HOSTED_TOOLS))
        if body["model"] == SMALL and kind != "function":
            message = f"Hosted tool '{kind}' is not supported with {SMALL}."
            raise invalid(message, param="tools", code="unsupported_tool")
        needed = {"function": ["name"], "custom": ["name"], "mcp": ["server_label", "server_url"]}.get(kind, [])
        for name in needed:
            if not tool.get(name):
                param = f"tools[{position}].{name}"
                raise invalid(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
        check_tool_values(body, tool, f"tools[{position}]")
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            raise invalid_value("tool_choice", choice, ("none", "auto", "required"))
        found = choice != "required" or bool(tools)
    else:
        found = choice.get("type") == "allowed_tools" or any(chosen(tool, choice) for tool in tools)
    if not found:
        name = choice if isinstance(choice, str) else choice.get("name") or choice.get("type")
        raise invalid(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")


def check_tool_values(body: dict[str, Any], tool: dict[str, Any], where: str) -> None:
    """Raise ApiError for a wrong option of a tool."""
    partial = tool.get("partial_images", 0)
    if tool["type"] == "image_generation" and partial not in (0, 1, 2, 3):
        message = f"Invalid '{where}.partial_images': expected a value from 0 to 3, but got {partial} instead."
        raise invalid(message, param=f"{where}.partial_images", code="invalid_value")
    if tool["type"] == "computer_use_preview" and body.get("truncation") != "auto":
        raise invalid("The computer_use_preview tool requires 'truncation' to be 'auto'.", param="truncation")
    if not isinstance(tool.get("parameters") or {}, dict):
        param = f"{where}.parameters"
        raise invalid(f"Invalid type for '{param}': expected an object.", param=param, code="invalid_type")


def chosen(tool: dict[str, Any], choice: dict[str, Any]) -> bool:
    """Whether a `tool_choice` object names this tool. Every name of the web search means every other one."""
    kind = choice.get("type")
    if kind in WEB_SEARCH_TOOLS:
        return tool["type"] in WEB_SEARCH_TOOLS
    if tool["type"] != kind:
        return False
    named = {"function": "name", "custom": "name", "mcp": "server_label"}.get(tool["type"])
    return named is None or tool[named] == choice.get(named)


def invalid_value(name: str, value: Any, choices: tuple[str, ...]) -> ApiError:
    """The refusal of a value that is not one of a few."""
    supported = ", ".join(f"'{choice}'" for choice in choices)
    message = f"Invalid value: '{value}'. Supported values are: {supported}."
    return invalid(message, param=name, code="invalid_value")
