"""Who makes pictures where, by what the catalogue and the settings say."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from conversations import image_options
from conversations.errors import Refused
from conversations.models import Conversation
from conversations.upstream.config import ProviderConfig

pytestmark = pytest.mark.django_db


def offer(settings: Any, kind: Any, *models: str, deployment: str | None = None) -> list[tuple[str, str, str]]:
    settings.SALON_PROVIDER = ProviderConfig(kind, "https://example.com/", "key", image_deployment=deployment)
    settings.SALON_MODELS = list(models)
    return [(maker.name, maker.model, maker.image_model) for maker in image_options.makers()]


def test_image_models_are_used_through_one_that_takes_the_tool(settings: Any) -> None:
    found = offer(settings, "openai", "o1", "gpt-5.4", "gpt-image-1.5", "gpt-image-2")
    assert found == [("gpt-image-1.5", "gpt-5.4", "gpt-image-1.5"), ("gpt-image-2", "gpt-5.4", "gpt-image-2")]


def test_without_a_name_it_is_the_providers_own_choice(settings: Any) -> None:
    [(_name, model, named)] = offer(settings, "openai", "gpt-5.4")
    assert (model, named) == ("gpt-5.4", "")
    assert "max" in image_options.makers()[0].values("quality")


def test_on_azure_it_is_the_deployment_that_a_header_names(settings: Any) -> None:
    assert offer(settings, "azure", "gpt-5.4", deployment="gpt-image-1-mini") == [("gpt-image-1-mini", "gpt-5.4", "")]
    assert image_options.makers()[0].values("input_fidelity") == ("low",)


def test_where_no_model_takes_the_tool_the_studio_says_so(settings: Any, as_alice: Client) -> None:
    assert offer(settings, "openai", "gpt-3.5-turbo", "gpt-image-2") == []
    with pytest.raises(Refused, match="No model here makes pictures"):
        image_options.maker("")
    assert "No model here makes pictures" in as_alice.get("/studio/").content.decode()
    assert as_alice.post("/studio/new/").headers["Location"] == "/studio/"
    assert not Conversation.objects.exists()


def test_an_image_model_is_not_offered_to_talk_with(
    settings: Any, as_alice: Client, conversation: Conversation
) -> None:
    offer(settings, "openai", "gpt-5.4", "gpt-image-2")
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert '<option value="gpt-5.4"' in page
    assert '<option value="gpt-image-2"' not in page


@pytest.mark.parametrize(
    ("given", "tool"),
    [
        ({}, {}),
        ({"size": "auto", "quality": "auto", "moderation": "auto"}, {}),
        ({"size": "2048x1152", "quality": "xhigh"}, {"size": "2048x1152", "quality": "xhigh"}),
        ({"output_format": "webp", "output_compression": 85}, {"output_format": "webp", "output_compression": 85}),
        ({"output_format": "png", "output_compression": 85}, {"output_format": "png"}),
        ({"output_format": "gif", "partial_images": 2}, {"output_format": "gif"}),
        ({"partial_images": 0}, {}),
        ({"background": "transparent", "partial_images": 3}, {"background": "transparent", "partial_images": 3}),
    ],
)
def test_options_become_the_tool_without_what_is_usual(settings: Any, given: Any, tool: Any) -> None:
    offer(settings, "openai", "gpt-5.4", "gpt-image-2.5-flare")
    said = image_options.read(given, image_options.maker(""))
    assert said == {"type": "image_generation", "model": "gpt-image-2.5-flare"} | tool
