"""A bad value stops the start with one sentence that names the variable and says what to do."""

import base64
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from webapp import env
from webapp.env import BASE_DIR, BadSetting
from webapp.storage import storage

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


def manage(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as an operator would: with these settings, and nothing of the suite's own."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={**environment, "SALON_DATA": str(data), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SALON_ENV": "staging"}, "SALON_ENV"),
        ({"SALON_ENV": "production"}, "SALON_SECRET_KEY"),
        ({"DATABASE_URL": "mysql://somewhere/salon"}, "DATABASE_URL"),
        ({"SALON_RUNNER": "worker"}, "SALON_RUNNER"),
        ({"AZURE_OPENAI_ENDPOINT": "my resource"}, "AZURE_OPENAI_ENDPOINT"),
        ({"SALON_EGRESS_ALLOW": "10.0.0.0/8, http://tools"}, "SALON_EGRESS_ALLOW"),
        ({"SALON_STORAGE": "ftp://somewhere"}, "SALON_STORAGE"),
        ({"SALON_STORAGE": "azure://Account"}, "SALON_STORAGE"),
        ({"SALON_STORAGE": "azure://account:key@host/files"}, "AZURE_STORAGE_KEY"),
        ({"SALON_STORAGE": "s3://bucket?colour=red"}, "SALON_STORAGE"),
        ({"SALON_STORAGE": "s3://bucket?endpoint=store.example"}, "SALON_STORAGE"),
        ({"SALON_STORAGE": "s3://bucket", "AWS_ACCESS_KEY_ID": "one"}, "AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    result = manage(tmp_path, "check", **settings)
    assert result.returncode == 1
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("Salon cannot start: ")
    assert named in sentence


def test_production_starts_when_all_that_it_needs_is_said(tmp_path: Path) -> None:
    result = manage(
        tmp_path,
        "check",
        SALON_ENV="production",
        SALON_SECRET_KEY="s" * 30 + "-0123456789abcdefghijklmnop",
        SALON_ALLOWED_HOSTS="salon.example",
        SALON_ENCRYPTION_KEYS=KEY,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("named", "origin"),
    [
        ("file", ""),
        ("azure://team/files", "https://team.blob.core.windows.net"),
        ("azure://team/files/salon?endpoint=https://files.example/team", "https://files.example"),
        ("s3://team-files?region=eu-central-1", "https://team-files.s3.eu-central-1.amazonaws.com"),
        ("s3://team.files", "https://s3.us-east-1.amazonaws.com"),
        ("s3://team?endpoint=https://files.example", "https://files.example"),
    ],
)
def test_pages_may_show_pictures_of_the_object_store_and_of_nobody_else(
    monkeypatch: pytest.MonkeyPatch, named: str, origin: str
) -> None:
    monkeypatch.setenv("SALON_STORAGE", named)
    chosen = storage(Path())
    assert chosen.origin == origin
    monkeypatch.setenv("SALON_STORAGE_LINKS", "0")
    assert storage(Path()).origin == ""


@pytest.mark.parametrize("hosts", ["*", "salon.example,*"])
def test_any_host_is_refused_because_it_would_open_the_sockets_to_any_page(tmp_path: Path, hosts: str) -> None:
    result = manage(tmp_path, "check", SALON_ALLOWED_HOSTS=hosts)
    assert result.returncode == 1
    assert "SALON_ALLOWED_HOSTS" in result.stderr


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, object]:
    """Nothing is set but what the test sets."""
    monkeypatch.delenv("SALON_X", raising=False)
    monkeypatch.delenv("SALON_X_FILE", raising=False)
    monkeypatch.setattr(env, "READ", {})
    return {}


@pytest.mark.usefixtures("setting")
class TestReaders:
    def test_an_empty_value_counts_as_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SALON_X", "  ")
        assert env.text("SALON_X", "default") == "default"

    def test_a_value_can_be_in_a_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("from the file\n")
        monkeypatch.setenv("SALON_X_FILE", str(tmp_path / "secret"))
        assert env.text("SALON_X") == "from the file"

    def test_a_file_that_cannot_be_read_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SALON_X_FILE", str(tmp_path / "missing"))
        with pytest.raises(BadSetting, match=r"SALON_X_FILE names .*missing, which cannot be read"):
            env.text("SALON_X")

    @pytest.mark.parametrize(("value", "meant"), [("1", True), ("YES", True), ("off", False), ("0", False)])
    def test_a_flag_is_a_yes_or_a_no(self, monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
        monkeypatch.setenv("SALON_X", value)
        assert env.flag("SALON_X", not meant) is meant

    def test_a_flag_is_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SALON_X", "perhaps")
        with pytest.raises(BadSetting, match="SALON_X is “perhaps”: set it to 1 or 0"):
            env.flag("SALON_X")

    @pytest.mark.parametrize("value", ["many", "-1", "11", "nan", "inf"])
    def test_a_number_stays_within_its_bounds(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("SALON_X", value)
        with pytest.raises(BadSetting, match=r"SALON_X is .*: set it to a number from 0 to 10"):
            env.number("SALON_X", 5, most=10)

    def test_a_choice_says_what_may_be_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SALON_X", "c")
        with pytest.raises(BadSetting, match="set it to a or b"):
            env.choice("SALON_X", "a", ("a", "b"))

    def test_an_address_of_another_kind_is_refused_without_repeating_its_password(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SALON_X", "http://user:hunter2@host/")
        with pytest.raises(BadSetting, match="SALON_X does not begin with redis://") as refused:
            env.address("SALON_X", ("redis",))
        assert "hunter2" not in str(refused.value)

    @pytest.mark.parametrize("value", ["short", f"{KEY},short", "ä" * 44])
    def test_every_encryption_key_must_be_one(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("SALON_X", value)
        with pytest.raises(BadSetting, match="SALON_X holds a key that is not 32 bytes"):
            env.encryption_keys("SALON_X")

    def test_encryption_keys_rotate_in_their_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = base64.urlsafe_b64encode(b"o" * 32).decode()
        monkeypatch.setenv("SALON_X", f"{KEY}, {other}")
        assert env.encryption_keys("SALON_X") == [KEY, other]

    def test_a_folder_that_cannot_be_made_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("SALON_X", str(tmp_path / "file" / "below"))
        with pytest.raises(BadSetting, match=r"SALON_X is .*, which cannot be made"):
            env.folder("SALON_X", "var")

    def test_two_processes_that_start_together_have_the_same_secret(self, tmp_path: Path) -> None:
        theirs: list[str] = []

        def make_while_another_starts() -> str:
            theirs.append(env.generated("SALON_X", tmp_path / "secret", lambda: "theirs"))
            return "ours"

        ours = env.generated("SALON_X", tmp_path / "secret", make_while_another_starts)
        assert [ours] == theirs == ["theirs"]

    def test_a_generated_secret_stays_the_same_and_is_the_owners_alone(self, tmp_path: Path) -> None:
        made = iter(["first", "second"])
        kept = [env.generated("SALON_X", tmp_path / "secret", lambda: next(made)) for _ in range(2)]
        assert kept == ["first", "first"]
        assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
