"""The export of Open WebUI: a JSON list of chats, each with all its messages as a tree, files inside."""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
from typing import Any

from conversations.imports.neutral import MOST_MESSAGES, Foreign, Message, Part, listing, moment, table, text

DETAILS = re.compile(r'<details type="(reasoning|code_interpreter|tool_calls)"([^<>]{0,20000})>')
END, SUMMARY, SUMMARY_END = "</details>", "<summary>", "</summary>"
DATA = re.compile(r"data:([\w/+.-]{1,80});base64,")


def fits(value: dict[str, Any]) -> bool:
    chat = table(value.get("chat")) or value
    return isinstance(table(chat.get("history")).get("messages"), dict) or isinstance(chat.get("messages"), list)


def read(value: dict[str, Any], key: str, own_id: str) -> Foreign:
    """Return a conversation. `own_id` is the user of the first one in the file: who else wrote is named."""
    chat = table(value.get("chat")) or value
    history = table(chat.get("history"))
    models = [text(model, 100) for model in listing(chat.get("models"))]
    foreign = Foreign(
        key=key,
        title=text(value.get("title"), 200) or text(chat.get("title"), 200),
        at=moment(value.get("created_at")) or moment(chat.get("timestamp")),
        model=models[0] if models else "",
        current=text(history.get("currentId"), 200),
    )
    user = text(value.get("user_id"), 100)
    author = f"Open WebUI {user[:8]}" if user and user != own_id else ""
    given = table(history.get("messages")) or _in_a_row(listing(chat.get("messages")))
    for message_id, node in list(given.items())[:MOST_MESSAGES]:
        message = _message(str(message_id)[:200], table(node), author)
        if message is not None:
            foreign.messages[message.id] = message
    return foreign


def _in_a_row(messages: list[Any]) -> dict[str, Any]:
    """Chats of the oldest versions have no tree."""
    rows = [table(message) for message in messages]
    ids = [text(row.get("id"), 200) or str(number) for number, row in enumerate(rows)]
    before = ["", *ids]
    return {
        own: row | {"parentId": row.get("parentId") or before[number]}
        for number, (own, row) in enumerate(zip(ids, rows, strict=True))
    }


def _message(message_id: str, node: dict[str, Any], author: str) -> Message | None:
    role = node.get("role")
    if role not in {"user", "assistant"}:
        return None
    content = node.get("content")
    parts = _said(text(content)) if isinstance(content, str) else _listed(listing(content))
    parts += [part for file in listing(node.get("files"))[:100] if (part := _file(table(file), made=role != "user"))]
    error = node.get("error")
    if error and not parts:
        parts = [Part("text", text(table(error).get("content"), 2000) or text(error, 2000) or "This answer failed.")]
    return Message(
        id=message_id,
        parent=text(node.get("parentId"), 200),
        role=str(role),
        parts=parts or [Part("text", "…")],
        at=moment(node.get("timestamp")),
        model=text(node.get("model"), 100) or text(node.get("modelName"), 100),
        author=author if role == "user" else "",
    )


def _listed(parts: list[Any]) -> list[Part]:
    """A message in the form of the completions API."""
    found = []
    for part in map(table, parts):
        if part.get("type") == "text":
            found.append(Part("text", text(part.get("text"))))
        elif part.get("type") == "image_url":
            url = part.get("image_url")
            found.append(_picture(text(table(url).get("url") or url, 100_000_000)))
    return found


def _said(words: str) -> list[Part]:
    """Take apart what was thought, run and said: the export keeps it in one text."""
    found: list[Part] = []
    at = 0
    while (match := DETAILS.search(words, at)) and (end := words.find(END, match.end())) >= 0:
        found.append(Part("text", words[at : match.start()]))
        inner = html.unescape(_without_summary(words[match.end() : end])).strip()
        if match[1] == "reasoning":
            found.append(Part("thought", "\n".join(line.removeprefix("> ") for line in inner.splitlines())))
        else:
            found.append(Part("text", inner or f"*{html.unescape(_attribute(match[2], 'name')) or 'tool'}*"))
        at = end + len(END)
    found.append(Part("text", words[at:]))
    return [part for part in found if part.text.strip()]


def _without_summary(inner: str) -> str:
    inner = inner.strip()
    end = inner.find(SUMMARY_END) if inner.startswith(SUMMARY) else -1
    return inner[end + len(SUMMARY_END) :] if end >= 0 else inner


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]{{0,200}})"', attributes)
    return found[1] if found else ""


def _file(file: dict[str, Any], *, made: bool) -> Part | None:
    url, name = text(file.get("url"), 100_000_000), text(file.get("name"), 300)
    if file.get("type") == "image":
        return _picture(url, made=made)
    if file.get("type") not in {"file", "doc"}:
        return Part("file", name or text(file.get("type"), 60) or "file")
    inner = table(file.get("file"))
    name = name or text(inner.get("filename"), 300) or "file"
    told = text(table(inner.get("data")).get("content"), 10_000_000)
    return Part("file", name, content=(lambda: io.BytesIO(told.encode("utf-8", "replace"))) if told else None)


def _picture(url: str, *, made: bool = False) -> Part:
    words = "picture" if made else ""
    if not DATA.match(url):
        return Part("picture", url[:2000] if url.startswith(("https://", "http://")) else "picture", words=words)

    def opened() -> io.BytesIO | None:
        try:
            return io.BytesIO(base64.b64decode(url.partition(",")[2], validate=True))
        except (binascii.Error, ValueError):
            return None

    return Part("picture", "picture", content=opened, words=words)
