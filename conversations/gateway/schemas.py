"""The objects of the API, as far as the gateway reads and promises them: for its description."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]
OPEN: Data = {"type": "object", "additionalProperties": True}
STRING: Data = {"type": "string"}
NULLABLE_STRING: Data = {"type": ["string", "null"]}
TIME: Data = {"type": "integer", "description": "Seconds since 1970."}
METADATA: Data = {
    "type": ["object", "null"],
    "maxProperties": 16,
    "propertyNames": {"maxLength": 64},
    "additionalProperties": {"type": "string", "maxLength": 512},
}
PURPOSES = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")
STATUSES = ("completed", "failed", "in_progress", "cancelled", "queued", "incomplete")


def schemas(models: list[str]) -> dict[str, Data]:
    """Return all schemas; `models` are the names that may be asked for."""
    model = {"type": "string", "enum": models}
    asked = {
        "model": model,
        "input": {
            "oneOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": _ref("InputItem"), "minItems": 1}]
        },
        "instructions": NULLABLE_STRING,
        "previous_response_id": NULLABLE_STRING,
        "conversation": {"oneOf": [NULLABLE_STRING, _object(id=STRING)]},
        "tools": {"type": ["array", "null"], "items": _object(type=STRING)},
        "tool_choice": {"oneOf": [{"enum": ["none", "auto", "required"]}, _object(type=STRING)]},
        "reasoning": {"type": ["object", "null"]},
        "text": {"type": ["object", "null"]},
    }
    created = {
        "stream": {"type": ["boolean", "null"]},
        "background": {"type": ["boolean", "null"]},
        "store": {"type": ["boolean", "null"]},
        "include": {"type": ["array", "null"], "items": STRING},
        "metadata": METADATA,
        "max_output_tokens": {"type": ["integer", "null"], "minimum": 16},
        "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2},
        "top_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "truncation": {"type": ["string", "null"], "enum": ["auto", "disabled", None]},
    }
    items = {"type": "array", "items": _ref("InputItem"), "minItems": 1, "maxItems": 20}
    return {
        "Error": _object(
            error=_object(
                message=STRING, type=STRING, param=NULLABLE_STRING, code={"type": ["string", "integer", "null"]}
            )
        ),
        "InputItem": _object(
            type=STRING, more={"role": STRING, "content": {"oneOf": [STRING, _array(_object(type=STRING))]}}
        ),
        "Item": _object(id=STRING, type=STRING),
        "CreateResponse": {**OPEN, "required": ["model", "input"], "properties": asked | created},
        "Compact": {**OPEN, "required": ["model"], "properties": asked},
        "CountTokens": {**OPEN, "required": ["model"], "properties": asked},
        "Response": _object(
            id=STRING,
            object={"const": "response"},
            created_at={"type": "number"},
            status={"enum": list(STATUSES)},
            model=STRING,
            output=_array(_object(type=STRING)),
            more={"error": {"type": ["object", "null"]}, "metadata": {"type": ["object", "null"]}},
        ),
        "Event": _object(data=STRING, more={"event": STRING}),
        "Compaction": _object(id=STRING, object={"const": "response.compaction"}, output=_array(_object(type=STRING))),
        "InputTokens": _object(object={"const": "response.input_tokens"}, input_tokens={"type": "integer"}),
        "Deleted": _object(id=STRING, object=STRING, deleted={"const": True}),
        "ItemList": _list("Item"),
        "Metadata": _object(metadata=METADATA),
        "CreateConversation": {
            **OPEN,
            "properties": {"metadata": METADATA, "items": {"oneOf": [items, {"type": "null"}]}},
        },
        "CreateItems": _object(items=items),
        "Conversation": _object(
            id=STRING, object={"const": "conversation"}, created_at=TIME, metadata={"type": "object"}
        ),
        "CreateFile": _object(
            file={"type": "string", "format": "binary", "minLength": 1},
            purpose={"type": "string", "enum": list(PURPOSES)},
        ),
        "File": _object(
            id=STRING,
            object={"const": "file"},
            bytes={"type": "integer"},
            created_at=TIME,
            expires_at={"type": ["integer", "null"]},
            filename=STRING,
            purpose=STRING,
            status=STRING,
        ),
        "FileList": _list("File"),
        "Model": _object(id=STRING, object={"const": "model"}, created=TIME, owned_by=STRING),
        "ModelList": _list("Model"),
    }


def _object(*, more: Data | None = None, **required: Data) -> Data:
    """Return an object with these properties, and others; `more` are properties that may be missing."""
    return {**OPEN, "required": list(required), "properties": {**required, **(more or {})}}


def _array(items: Data) -> Data:
    return {"type": "array", "items": items}


def _list(name: str) -> Data:
    return _object(
        object={"const": "list"},
        data=_array(_ref(name)),
        has_more={"type": "boolean"},
        more={"first_id": NULLABLE_STRING, "last_id": NULLABLE_STRING},
    )


def _ref(name: str) -> Data:
    return {"$ref": f"#/components/schemas/{name}"}
