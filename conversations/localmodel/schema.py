"""A value that is valid for a JSON schema, made from the words and numbers of a prompt."""

import itertools
import json
import re
from typing import Any

DEEP = 6
TOO_DEEP = 40
FORMATS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "alice@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
PLACE = re.compile(r"\b(?:in|at|near|for|from|to)\s+((?:[A-Z][\w'’-]*[ ,]*)+)")
PLACES = {"location", "city", "place", "address", "town", "country", "region", "destination", "origin"}


def sample(schema: dict[str, Any], prompt: str) -> Any:
    """A valid value. Enumerations and numbers that the prompt names are taken from it, in their order."""
    return Sampler(schema, prompt).value(schema, name="", depth=0)


class Sampler:
    """Remembers the root, for references, and which of the prompt's numbers were used."""

    def __init__(self, root: dict[str, Any], prompt: str) -> None:
        self.root = root
        self.prompt = prompt
        self.numbers = iter(re.findall(r"-?\d+(?:\.\d+)?", prompt))
        self.count = itertools.count()

    def value(self, schema: Any, *, name: str, depth: int) -> Any:
        """A value for a part of the schema; `name` is the property's, for what it hints at."""
        if depth > TOO_DEEP or not isinstance(schema, dict):
            return None
        if "$ref" in schema:
            return self.value(self.resolve(schema["$ref"]), name=name, depth=depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.choose(schema["enum"])
        for part in schema.get("allOf", []):
            part = self.resolve(part["$ref"]) if "$ref" in part else part
            schema = merged(schema, part)
        if branches := schema.get("anyOf") or schema.get("oneOf"):
            return self.value(self.branch(branches, depth), name=name, depth=depth + 1)
        kind = kind_of(schema)
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            return self.array(schema, name, depth)
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        if kind == "boolean":
            return not re.search(r"\b(no|not|never|without|off)\b", self.prompt, re.I)
        return None if kind == "null" else self.string(schema, name)

    def resolve(self, reference: str) -> Any:
        """The schema that a local reference names."""
        found: Any = self.root
        for key in reference.removeprefix("#").strip("/").split("/"):
            found = found[key.replace("~1", "/").replace("~0", "~")] if key else found
        return found

    def branch(self, branches: list[Any], depth: int) -> Any:
        """The first alternative that is not null; deep inside the one that goes no deeper."""
        nulls = [branch for branch in branches if branch.get("type") == "null"]
        others = [branch for branch in branches if branch.get("type") != "null"]
        if depth <= DEEP:
            return (others or nulls)[0]
        flat = [branch for branch in others if "$ref" not in json.dumps(branch)]
        return (nulls or flat or others)[0]

    def object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """The required properties, and of the others those with a choice that the prompt names."""
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        wanted = [name for name in properties if name in required or self.names_choice(properties[name])]
        wanted += [name for name in required if name not in properties]
        return {name: self.value(properties.get(name, {}), name=name, depth=depth + 1) for name in wanted}

    def names_choice(self, schema: Any) -> bool:
        """Whether the prompt names one of an enumeration's values."""
        choices = schema.get("enum", []) if isinstance(schema, dict) else []
        return any(self.mentions(choice) for choice in choices)

    def mentions(self, value: Any) -> bool:
        """Whether the prompt has this value as a word."""
        return re.search(rf"\b{re.escape(str(value))}\b", self.prompt, re.I) is not None

    def choose(self, choices: list[Any]) -> Any:
        """The choice that the prompt names; otherwise one after the other."""
        named = next((choice for choice in choices if self.mentions(choice)), None)
        return named if named is not None else choices[next(self.count) % len(choices)]

    def array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        """As few entries as the schema allows, but one where it may."""
        fixed = [self.value(part, name=name, depth=depth + 1) for part in schema.get("prefixItems", [])]
        least = schema.get("minItems", 0 if depth > DEEP else 1)
        items = schema.get("items", {"type": "string"})
        if items is False:
            return fixed
        wanted = max(0, min(least, schema.get("maxItems", least)) - len(fixed))
        return fixed + [self.value(items, name=name, depth=depth + 1) for _ in range(wanted)]

    def number(self, schema: dict[str, Any], kind: str) -> int | float:
        """The prompt's next number, moved into the bounds."""
        number = float(next(self.numbers, schema.get("minimum", 1)))
        step = schema.get("multipleOf", 1 if kind == "integer" else None)
        nudge = step or 0.5
        if "minimum" in schema:
            number = max(number, schema["minimum"])
        if "exclusiveMinimum" in schema and number <= schema["exclusiveMinimum"]:
            number = schema["exclusiveMinimum"] + nudge
        if "maximum" in schema:
            number = min(number, schema["maximum"])
        if "exclusiveMaximum" in schema and number >= schema["exclusiveMaximum"]:
            number = schema["exclusiveMaximum"] - nudge
        if step:
            number = -(-number // step) * step
            if number > schema.get("maximum", number):
                number -= step
        return int(number) if kind == "integer" or number == int(number) else number

    def string(self, schema: dict[str, Any], name: str) -> str:
        """Words of the prompt, in the form and length that the schema wants."""
        if "pattern" in schema:
            return matching(schema["pattern"])
        if schema.get("format") in FORMATS:
            return FORMATS[str(schema["format"])]
        text = self.hinted(name)
        most = schema.get("maxLength")
        text = text[:most] if most is not None else text
        return text.ljust(schema.get("minLength", 0), ".")

    def hinted(self, name: str) -> str:
        """What the prompt has for a property of this name: a place, a quotation, or all of it."""
        place = PLACE.search(self.prompt)
        if place and PLACES & set(words_in(name)):
            return place[1].strip(" ,")
        quoted = re.search(r"[\"“]([^\"”]+)[\"”]", self.prompt)
        return quoted[1] if quoted else " ".join(self.prompt.split()) or "demo"


def kind_of(schema: dict[str, Any]) -> str:
    """The type of a schema, by its other words where it names none."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def merged(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Two schemas that both hold, as one."""
    both = {**schema, **part}
    both["properties"] = schema.get("properties", {}) | part.get("properties", {})
    both["required"] = [*schema.get("required", []), *part.get("required", [])]
    return {key: value for key, value in both.items() if value or key not in ("properties", "required")}


def words_in(name: str) -> list[str]:
    """The words of an identifier or a sentence, in small letters: `getWeather_at` is get, weather, at."""
    return re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def matching(pattern: str) -> str:
    """A string that a regular expression finds itself in; the demo knows letters, sets, groups and repetitions."""
    parser: Any = re._parser  # type: ignore[attr-defined]  # the only reader of patterns that Python has
    return "".join(piece(code, argument) for code, argument in parser.parse(pattern))


def piece(code: Any, argument: Any) -> str:
    """The shortest string for one element of a parsed pattern."""
    name = str(code)
    if name == "LITERAL":
        return chr(argument)
    if name in ("ANY", "NOT_LITERAL"):
        return "x" if argument != ord("x") else "y"
    if name == "IN":
        return member(argument)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = argument
        return "".join(piece(*element) for element in inner) * int(least)
    if name == "SUBPATTERN":
        return "".join(piece(*element) for element in argument[3])
    if name == "BRANCH":
        return "".join(piece(*element) for element in argument[1][0])
    return ""


def member(choices: list[tuple[Any, Any]]) -> str:
    """One character of a set."""
    excluded = str(choices[0][0]) == "NEGATE"
    if excluded:
        allowed = (letter for letter in "xyz09_- A" if not re.match(set_source(choices[1:]), letter))
        return next(allowed, "~")
    code, argument = choices[0]
    if str(code) == "RANGE":
        return chr(argument[0])
    if str(code) == "CATEGORY":
        return {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "x"}.get(str(argument), "-")
    return chr(argument)


def set_source(choices: list[tuple[Any, Any]]) -> str:
    """The source of a set that was parsed."""
    parts = []
    for code, argument in choices:
        if str(code) == "RANGE":
            parts.append(f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}")
        elif str(code) == "CATEGORY":
            parts.append({"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w"}[str(argument)])
        else:
            parts.append(re.escape(chr(argument)))
    return f"[{''.join(parts)}]"
