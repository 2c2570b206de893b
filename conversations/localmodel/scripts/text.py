"""The demo model's plain texts. It understands nothing: it repeats words of the prompt, and says so."""

import asyncio
import base64
import io
import itertools
import re
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from ..context import Turn
from ..errors import invalid
from ..events import Answer
from ..identifiers import digest
from .message import cut, say

MEMORY = re.compile(r"\b(did i (say|ask|tell)|i said|remember|(first|last|previous) (message|question))\b", re.I)
LONG_STORY = re.compile(r"\blong\b.{0,20}\bstory\b", re.I)
STORY_PARAGRAPHS = 250
MEASURED = ("one ", "two ", "naïve ", "three ", "café ", "four ", "東京 ", "five ")
EXCERPT = 160

TEMPLATE = """## About “{topic}”

You wrote “{excerpt}”. I am the built-in demo model: I play a script, I understand nothing, and I put your words
into a page that shows what can be rendered. This is message {number} of yours.{extras}

### Your words, in order

1. the first is **{first}**
2. the longest is *{longest}*
3. there are {count} in all
   - the last is `{last}`

### The same in a table

| word | letters | place |
|:-----|--------:|:-----:|
{rows}

### In code

```python
words = {words!r}
print(len(words))  # {count}
```

### In mathematics

With $n = {count}$ words there are $\\binom{{n}}{{2}}$ pairs:

$$
\\binom{{{count}}}{{2}} = \\frac{{{count} \\cdot {before}}}{{2}} = {pairs}
$$

> A demo is a promise about the form, not about the content.

Ask for a *long story*, offer me a tool, or ask what you said before.
"""

PEOPLE = ("a lamplighter", "the ferryman", "an old gardener", "a clockmaker", "the youngest sister", "a night nurse")
PLACES = ("by the river", "under the glass roof", "in the upper town", "at the last station", "behind the mill")
DEEDS = ("kept a careful list of", "dreamed every night about", "wrote long letters on", "asked everyone about")
TURNS = (
    "Nobody had expected that, and yet it seemed familiar.",
    "The rain stopped, and the street was quiet again.",
    "It took the whole winter to understand why.",
    "That evening a door stood open which had always been shut.",
    "What was lost came back, a little changed.",
)


async def tell(answer: Answer, turn: Turn) -> None:
    """Answer with a text: the one that a fault fixes, a long story, a recollection, or the usual page."""
    exact, deltas = turn.faults.text(), turn.faults.number("deltas")
    if exact is not None:
        await say(answer, cut(exact))
    elif deltas is not None:
        await say(answer, itertools.islice(itertools.cycle(MEASURED), deltas))
    elif LONG_STORY.search(turn.prompt):
        await say(answer, itertools.chain.from_iterable(map(cut, story(turn.prompt))))
    elif MEMORY.search(turn.prompt):
        await say(answer, cut(recollection(turn.said)))
    else:
        await say(answer, cut(usual_page(turn, await describe_attachments(turn))))


def story(prompt: str) -> Iterator[str]:
    """The paragraphs of a story of about ten thousand deltas, the same for the same prompt."""
    words = words_of(prompt)
    yield f"# The story of {' '.join(words[:8])}\n"
    for number in range(STORY_PARAGRAPHS):
        if number % 25 == 0:
            yield f"\n## Chapter {number // 25 + 1}\n"
        luck = int(digest(prompt, number), 16)
        sentences = []
        for part in range(3):
            share = luck >> (part * 24)
            person, place = PEOPLE[share % 6], PLACES[(share >> 4) % 5]
            deed, word = DEEDS[(share >> 8) % 4], words[(share >> 12) % len(words)]
            sentences.append(f"{place.capitalize()}, {person} {deed} {word}. {TURNS[(share >> 16) % 5]}")
        yield "\n" + " ".join(sentences) + "\n"
    yield "\nAnd that is the end of it.\n"


def recollection(said: list[str]) -> str:
    """What the user said before the last message."""
    if len(said) < 2:
        return "This is your first message in this conversation: you said nothing before it."
    lines = [f"{number}. “{excerpt(text)}”" for number, text in enumerate(said[:-1], 1)]
    return f"Before this you said “{excerpt(said[-2])}”. In order:\n\n" + "\n".join(lines)


def usual_page(turn: Turn, attachments: list[str]) -> str:
    """The page that shows headings, lists, a table, code, mathematics and a quotation, made of the prompt's words."""
    words = words_of(turn.prompt)[:40]
    unique = list(dict.fromkeys(words))[:5]
    extras = attachments.copy()
    if isinstance(turn.body.get("instructions"), str):
        extras.append(f"My instructions are “{excerpt(turn.body['instructions'])}”.")
    return TEMPLATE.format(
        topic=" ".join(words[:6]),
        excerpt=excerpt(turn.prompt),
        number=len(turn.said),
        extras="".join(f" {extra}" for extra in extras),
        first=words[0],
        longest=max(words, key=len),
        last=words[-1],
        count=len(words),
        before=len(words) - 1,
        pairs=len(words) * (len(words) - 1) // 2,
        words=unique,
        rows="\n".join(f"| {word} | {len(word)} | {words.index(word) + 1} |" for word in unique),
    )


async def describe_attachments(turn: Turn) -> list[str]:
    """A true sentence about each image and file in the new messages."""
    sentences = []
    parts = [part for item in turn.new_of("message") for part in item["content"]]
    for part in parts:
        if part["type"] == "input_image" and (part.get("file_id") or part["image_url"].startswith("data:")):
            sentences.append(await asyncio.to_thread(describe_image, await turn.picture(part)))
        elif part["type"] == "input_image":
            sentences.append("There is an image behind a URL, which I do not open.")
        elif part["type"] == "input_file":
            sentences.append(await describe_file(turn, part))
    return sentences


def describe_image(content: bytes) -> str:
    """The format, size and mean colour of an image. Raises ApiError where it is none."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            red, green, blue = image.convert("RGB").resize((1, 1)).tobytes()
            size = f"{image.width} × {image.height}"
            return f"The image is a {image.format}, {size} pixels, on average #{red:02x}{green:02x}{blue:02x}."
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        message = "The image data you provided does not represent a valid image."
        raise invalid(message, param="input", code="invalid_image") from error


async def describe_file(turn: Turn, part: dict[str, str]) -> str:
    """The name and size of a file, and how it begins where it is text."""
    if part.get("file_id"):
        name, content = (await turn.files.find(part["file_id"]))["filename"], await turn.files.read(part["file_id"])
    elif "file_data" in part:
        name, content = part.get("filename", "file"), base64.b64decode(part["file_data"].rpartition(",")[2])
    else:
        return "There is a file behind a URL, which I do not open."
    try:
        beginning = f", and begins with “{excerpt(content.decode())}”"
    except UnicodeDecodeError:
        beginning = ""
    return f"The file {name} has {len(content):,} bytes{beginning}."


def words_of(text: str) -> list[str]:
    """The words of a text; a few of our own where it has none."""
    return re.findall(r"\w+", text) or ["no", "words", "at", "all"]


def excerpt(text: str) -> str:
    """The beginning of a text as one line that is no Markdown."""
    plain = re.sub(r"[^\w\s.,:;!?'’()%+-]", "", " ".join(text.split()))
    return plain if len(plain) <= EXCERPT else plain[: EXCERPT - 1].rstrip() + "…"
