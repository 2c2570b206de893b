"""What is known of models by their names."""

import pytest

from conversations.upstream.catalog import capabilities


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4o", "gpt-4o-mini", "gpt-4o-2024-08-06", "gpt-4.1", "gpt-4.1-nano", "gpt-4.1-mini", "o3", "o4-mini"),
        *("gpt-5", "gpt-5.1", "gpt-5.4-mini", "gpt-5.5", "gpt-5.6-sol", "gpt-6.2-astra", "computer-use-preview"),
    ],
)
def test_a_known_model_either_samples_or_reasons_and_has_limits(model: str) -> None:
    known = capabilities(model)
    assert known.label == model
    assert not (known.sampling and known.reasoning_efforts)
    assert known.vision
    assert known.background
    assert known.tools
    assert 0 < (known.max_output_tokens or 0) < (known.context_window or 0)


def test_efforts_follow_the_generation() -> None:
    assert "minimal" in capabilities("gpt-5").reasoning_efforts
    assert "xhigh" not in capabilities("gpt-5.1").reasoning_efforts
    assert "xhigh" in capabilities("gpt-5.4").reasoning_efforts
    assert "max" in capabilities("gpt-5.6-luna").reasoning_efforts
    assert "none" not in capabilities("gpt-6-astra").reasoning_efforts
    assert capabilities("gpt-5-pro").reasoning_efforts == ("high",)
    assert capabilities("gpt-5.1-chat-latest").reasoning_efforts == ()


@pytest.mark.parametrize("name", ["openai/gpt-4o", "GPT-4o", "ft:gpt-4o:team::1", "gpt-4o-of-the-team"])
def test_other_spellings_of_a_model_are_recognised(name: str) -> None:
    assert capabilities(name).context_window == capabilities("gpt-4o").context_window
    assert capabilities(name).label == name


@pytest.mark.parametrize("name", ["my-deployment", "llama-3", "gpt-50", "o30", ""])
def test_an_unknown_name_is_asked_for_nothing_that_could_be_refused(name: str) -> None:
    known = capabilities(name)
    assert (known.sampling, known.vision, known.image_tool, known.background) == (False, False, False, False)
    assert known.reasoning_efforts == ()
    assert known.tools == ("function",)
    assert known.context_window is None


def test_the_embedded_models_are_labelled_for_what_they_are() -> None:
    small = capabilities("smollm2-135m")
    assert (small.label, small.tools, small.context_window) == ("SmolLM2 135M (built in)", (), 2048)
    assert not small.image_tool
    demo = capabilities("demo")
    assert demo.label == "demo (scripted)"
    assert demo.image_tool
    assert {"mcp", "computer", "function"} <= set(demo.tools)
