"""The export of ChatGPT: a zip with `conversations.json` (or several, numbered) and the files beside it."""

from __future__ import annotations

import json
import re
from typing import Any

from conversations.imports.neutral import Foreign, Message, Part, listing, moment, table, text
from conversations.imports.reading import Pack

NAME = re.compile(r"(?:^|/)conversations(?:-\d+)?\.json$")
MARKS = re.compile("\ue200[^\ue200\ue201]*\ue201")
"""Where a citation stood, which leads nowhere outside of ChatGPT."""
POINTER = re.compile(r"^(?:file-service|sediment)://(?:[^#?]*[/#])?(file[-_][\w-]+)")
QUIET = {"user_editable_context", "model_editable_context", "reasoning_recap"}
Files = dict[str, str]
"""The members of the zip by the ids that their names begin with."""


def files_of(pack: Pack) -> Files:
    found: Files = {}
    for name in pack.names():
        if match := re.match(r"file[-_][A-Za-z0-9]+", name.rpartition("/")[2]):
            found.setdefault(match[0], name)
    return found


def fits(value: dict[str, Any]) -> bool:
    return isinstance(value.get("mapping"), dict)


def read(value: dict[str, Any], key: str, pack: Pack | None, files: Files) -> Foreign:
    """Return a conversation; what is not understood of it is left, and says so."""
    foreign = Foreign(
        key=key,
        title=text(value.get("title"), 200),
        at=moment(value.get("create_time")),
        model=text(value.get("default_model_slug"), 100),
        current=text(value.get("current_node"), 200),
    )
    mapping = table(value.get("mapping"))
    shown = {}
    for node_id, node in mapping.items():
        message = _message(str(node_id), table(node), foreign, pack, files)
        if message is not None:
            shown[str(node_id)] = message
    for node_id, message in shown.items():
        message.parent = _parent(node_id, mapping, shown)
        foreign.messages[node_id] = message
    current, steps = foreign.current, 0
    while current and current not in shown and steps < len(mapping):
        current, steps = text(table(mapping.get(current)).get("parent"), 200), steps + 1
    foreign.current = current
    return foreign


def _parent(node_id: str, mapping: dict[str, Any], shown: dict[str, Message]) -> str:
    """Return the nearest message before this one that is shown; those of the system are not."""
    at, steps = text(table(mapping.get(node_id)).get("parent"), 200), 0
    while at and at not in shown and steps < 200:
        at, steps = text(table(mapping.get(at)).get("parent"), 200), steps + 1
    return at


def _message(node_id: str, node: dict[str, Any], foreign: Foreign, pack: Pack | None, files: Files) -> Message | None:
    given = table(node.get("message"))
    role = table(given.get("author")).get("role")
    about = table(given.get("metadata"))
    if role not in {"user", "assistant", "tool"} or about.get("is_visually_hidden_from_conversation") is True:
        return None
    content = table(given.get("content"))
    kind = content.get("content_type")
    if kind in QUIET:
        if kind != "reasoning_recap":
            foreign.left.append(("Custom instructions", "They are the account’s, not the conversation’s."))
        return None
    tool = text(table(given.get("author")).get("name"), 100) if role == "tool" else ""
    parts = _parts(content, text(given.get("recipient"), 100), tool, about, pack, files)
    if role == "user":
        parts += [
            _attached(table(file), pack, files)
            for file in listing(about.get("attachments"))[:50]
            if _new(file, content)
        ]
    parts = [part for part in parts if part.kind != "text" or part.text.strip()]
    if not parts:
        return None
    return Message(
        id=node_id,
        parent="",
        role="user" if role == "user" else "assistant",
        parts=parts,
        at=moment(given.get("create_time")),
        model=text(about.get("model_slug"), 100),
    )


def _parts(
    content: dict[str, Any], recipient: str, tool: str, about: dict[str, Any], pack: Pack | None, files: Files
) -> list[Part]:
    kind = content.get("content_type")
    words = MARKS.sub("", text(content.get("text")))
    if kind == "code":
        return (
            [_canvas(words)]
            if recipient.startswith("canmore.")
            else [_fenced(words, text(content.get("language"), 30), recipient)]
        )
    if kind == "execution_output":
        return [_fenced(words, "", "output")]
    if kind == "thoughts":
        thoughts = [table(thought) for thought in listing(content.get("thoughts"))]
        return [Part("thought", text(thought.get("content")) or text(thought.get("summary"))) for thought in thoughts]
    if kind in {"tether_browsing_display", "tether_quote"}:
        told = "\n\n".join(filter(None, (text(content.get(name)) for name in ("title", "url", "text", "result"))))
        return [_fenced(told, "", tool or "browser")] if told else []
    found: list[Part] = []
    for part in listing(content.get("parts")):
        if isinstance(part, str):
            said = MARKS.sub("", part)
            canvas = recipient.startswith("canmore.")
            found.append(
                _canvas(said) if canvas else _fenced(said, "", tool) if tool and said.strip() else Part("text", said)
            )
        elif isinstance(part, dict):
            found += _pointed(part, about, pack, files)
    return found or ([Part("text", words)] if words else [])


def _pointed(part: dict[str, Any], about: dict[str, Any], pack: Pack | None, files: Files) -> list[Part]:
    kind = text(part.get("content_type"), 60)
    if kind == "audio_transcription":
        return [Part("text", text(part.get("text")))]
    pointer = POINTER.match(text(part.get("asset_pointer"), 500))
    if kind != "image_asset_pointer":
        return [Part("file", kind.replace("_", " ") or "file")]
    dalle = table(table(part.get("metadata")).get("dalle"))
    asked = text(dalle.get("prompt"), 4000) or text(about.get("image_gen_title"), 300)
    return [Part("picture", "picture", content=_opener(pointer[1] if pointer else "", pack, files), words=asked)]


def _new(file: Any, content: dict[str, Any]) -> bool:
    """Whether an attachment is not shown as a picture in the message already."""
    given = text(table(file).get("id"), 200)
    pointers = [
        text(part.get("asset_pointer"), 500) for part in listing(content.get("parts")) if isinstance(part, dict)
    ]
    return bool(given) and not any(pointer.endswith(given) for pointer in pointers)


def _attached(file: dict[str, Any], pack: Pack | None, files: Files) -> Part:
    name = text(file.get("name"), 300) or "file"
    return Part("file", name, content=_opener(text(file.get("id"), 200), pack, files))


def _opener(file_id: str, pack: Pack | None, files: Files) -> Any:
    found = re.match(r"file[-_][A-Za-z0-9]+", file_id)
    name = files.get(found[0]) if found else None
    return (lambda: pack.content(name)) if pack is not None and name is not None else None


def _fenced(code: str, language: str, name: str) -> Part:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`{3,}", code)), default=0))
    language = language if re.fullmatch(r"[\w+#.-]{1,30}", language) and language != "unknown" else ""
    label = f"*{name}*\n\n" if name and name != "all" and re.fullmatch(r"[\w. -]+", name) else ""
    return Part("text", f"{label}{fence}{language}\n{code}\n{fence}")


def _canvas(words: str) -> Part:
    """A canvas is the JSON of a call: its text is what people saw."""
    try:
        given = table(json.loads(words))
    except (ValueError, RecursionError):
        return _fenced(words, "", "canvas")
    changes = [text(table(change).get("replacement")) for change in listing(given.get("updates"))]
    body = text(given.get("content")) or "\n".join(filter(None, changes))
    if not body:
        return _fenced(words, "json", "canvas")
    name, kind = text(given.get("name"), 100), text(given.get("type"), 60)
    if kind.startswith("code/") or not name:
        return _fenced(body, kind.removeprefix("code/"), f"canvas {name}".strip())
    return Part("text", f"**{name}**\n\n{body}")
