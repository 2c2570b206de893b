"""From the environment to a provider, or to one sentence that names what is wrong."""

from pathlib import Path

import pytest

from conversations.upstream.config import provider_config

AZURE = {"AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com/"}


def test_nothing_set_means_the_embedded_provider() -> None:
    assert provider_config({}) is None
    assert provider_config({"OPENAI_API_KEY": "", "AZURE_OPENAI_ENDPOINT": " "}) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://res.openai.azure.com",
        "https://res.openai.azure.com/",
        "https://res.openai.azure.com/openai",
        "https://res.openai.azure.com/openai/v1/",
    ],
)
def test_azure_speaks_v1_however_its_address_is_written(endpoint: str) -> None:
    for version in (None, "preview", "latest"):
        config = provider_config(
            {"AZURE_OPENAI_ENDPOINT": endpoint} | ({"AZURE_OPENAI_API_VERSION": version} if version else {})
        )
        assert config
        assert (config.kind, config.api_version) == ("azure", None)
        assert config.base_url == "https://res.openai.azure.com/openai/v1/"


def test_azure_with_a_date_speaks_the_dated_api() -> None:
    config = provider_config(AZURE | {"AZURE_OPENAI_API_VERSION": "2025-04-01-preview", "AZURE_OPENAI_API_KEY": "k"})
    assert config
    assert (config.kind, config.base_url) == ("azure-dated", "https://res.openai.azure.com/openai/")
    assert (config.api_version, config.api_key) == ("2025-04-01-preview", "k")


def test_azure_without_a_key_signs_in_with_entra_id() -> None:
    config = provider_config(AZURE | {"OPENAI_API_KEY": "of another provider"})
    assert config
    assert (config.api_key, config.entra_scope) == (None, "https://ai.azure.com/.default")
    seeds = provider_config(AZURE | {"AZURE_OPENAI_SCOPE": "https://cognitiveservices.azure.com/.default"})
    assert seeds
    assert seeds.entra_scope == "https://cognitiveservices.azure.com/.default"


def test_azures_image_deployment_is_kept() -> None:
    config = provider_config(AZURE | {"AZURE_OPENAI_IMAGE_DEPLOYMENT": "images-1"})
    assert config
    assert config.image_deployment == "images-1"


def test_a_key_alone_means_openai() -> None:
    config = provider_config({"OPENAI_API_KEY": "k"})
    assert config
    assert (config.kind, config.base_url, config.api_key) == ("openai", "https://api.openai.com/v1/", "k")


def test_another_address_is_a_compatible_server_with_or_without_a_key() -> None:
    config = provider_config({"OPENAI_BASE_URL": "http://127.0.0.1:9000/v1"})
    assert config
    assert (config.kind, config.base_url, config.api_key) == ("compatible", "http://127.0.0.1:9000/v1/", None)


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    config = provider_config({"OPENAI_API_KEY_FILE": str(tmp_path / "key")})
    assert config
    assert config.api_key == "from-a-file"


def test_times_and_attempts_can_be_set() -> None:
    config = provider_config(
        AZURE
        | {"SALON_CONNECT_TIMEOUT": "3", "SALON_FIRST_BYTE_TIMEOUT": "300", "SALON_IDLE_TIMEOUT": "0.5"}
        | {"SALON_MAX_RETRIES": "0"}
    )
    assert config
    assert (config.connect_timeout, config.first_byte_timeout, config.idle_timeout) == (3, 300, 0.5)
    assert config.max_retries == 0


def test_a_key_is_not_part_of_what_is_printed() -> None:
    assert "secret-key" not in repr(provider_config({"OPENAI_API_KEY": "secret-key"}))


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"AZURE_OPENAI_ENDPOINT": "res.openai.azure.com"}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_ENDPOINT": "https://"}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_ENDPOINT": "https://res.example/?key=1"}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_ENDPOINT": "https://res.example:port/"}, "AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_API_KEY": "k"}, "AZURE_OPENAI_ENDPOINT"),
        (AZURE | {"AZURE_OPENAI_API_VERSION": "2025"}, "AZURE_OPENAI_API_VERSION"),
        (AZURE | {"AZURE_OPENAI_SCOPE": "https://ai.azure.com"}, "AZURE_OPENAI_SCOPE"),
        (AZURE | {"AZURE_OPENAI_API_KEY": "two words"}, "AZURE_OPENAI_API_KEY"),
        (AZURE | {"AZURE_OPENAI_IMAGE_DEPLOYMENT": "a\r\nb"}, "AZURE_OPENAI_IMAGE_DEPLOYMENT"),
        ({"OPENAI_BASE_URL": "ftp://x.example"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "https://user:password@x.example"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY_FILE": "/does/not/exist"}, "OPENAI_API_KEY_FILE"),
        ({"SALON_IDLE_TIMEOUT": "soon"}, "SALON_IDLE_TIMEOUT"),
        ({"SALON_CONNECT_TIMEOUT": "0"}, "SALON_CONNECT_TIMEOUT"),
        ({"SALON_MAX_RETRIES": "-1"}, "SALON_MAX_RETRIES"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable(environ: dict[str, str], name: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        provider_config(environ)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "password" not in sentence
