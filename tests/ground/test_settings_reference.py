"""docs/settings.md names every setting that the code reads, with the code's defaults, and no other."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from conversations.upstream.config import provider_config
from webapp.env import BASE_DIR

REFERENCE = (BASE_DIR / "docs" / "settings.md").read_text(encoding="utf-8")
DOCUMENTED = dict(re.findall(r"^\| `([A-Z_]+)` \| *`?([^|`]*)`? *\|", REFERENCE, re.MULTILINE))
"""Name -> default, as the tables say it."""
PRINT_WHAT_IS_READ = """
import json, django
django.setup()
from webapp.env import READ
print(json.dumps(READ))
"""


class Listening(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, **values: str) -> None:
        self.values_set, self.asked = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_set[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_set)

    def __len__(self) -> int:
        return len(self.values_set)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name -> default of what the settings of production read, in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "webapp.settings.production",
        "SALON_DATA": str(tmp_path_factory.mktemp("data")),
        "SALON_SECRET_KEY": "s" * 50,
        "SALON_ALLOWED_HOSTS": "salon.example",
        "SALON_ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_WHAT_IS_READ], cwd=BASE_DIR, env=environment, capture_output=True, check=True
    ).stdout
    defaults: dict[str, str] = json.loads(printed)
    return defaults


def asked_of_the_provider() -> set[str]:
    environments = [Listening(), Listening(AZURE_OPENAI_ENDPOINT="https://a.example/"), Listening(OPENAI_API_KEY="k")]
    for environment in environments:
        provider_config(environment)
    return {name for environment in environments for name in environment.asked if not name.endswith("_FILE")}


def test_every_setting_that_is_read_is_documented(read: dict[str, str]) -> None:
    assert read.keys() | asked_of_the_provider() | {"SALON_ENV", "HOST", "PORT"} == DOCUMENTED.keys()


def test_the_documented_defaults_are_the_codes(read: dict[str, str]) -> None:
    assert {name: DOCUMENTED[name].strip() for name in read} == read


def test_the_example_of_a_key_makes_one() -> None:
    command = re.search(r"python3 -c \"(.+base64.+)\"", REFERENCE)
    assert command
    made = subprocess.run([sys.executable, "-c", command[1]], capture_output=True, text=True, check=True).stdout
    assert len(base64.urlsafe_b64decode(made.strip())) == 32
