"""What is known of models by their names."""

from dataclasses import replace

import pytest

from conversations.upstream.catalog import (
    Capabilities,
    Catalog,
    Prices,
    capabilities_from,
    cost,
    facts_of,
    image_cost,
    partial_image_price,
    provider_notes,
    shipped,
)

SHIPPED = Catalog(shipped())
capabilities = SHIPPED.capabilities


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
    assert known.known
    assert not (known.takes("temperature") and known.reasoning_efforts)
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
    assert (known.known, known.vision, known.image_tool, known.background) == (False, False, False, False)
    assert not any(known.takes(name) for name in ("temperature", "top_p", "reasoning.effort", "text.verbosity"))
    assert not known.takes("service_tier", "flex")
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


def test_the_most_particular_name_counts() -> None:
    catalog = Catalog(
        {"gpt-5*": {"label": "any"}, "gpt-5-mini*": {"label": "mini"}, "gpt-5-mini-of-ours": {"label": "ours"}}
    )
    labels = [catalog.capabilities(name).label for name in ("gpt-5", "gpt-5-mini", "gpt-5-mini-of-ours", "gpt-4")]
    assert labels == ["any", "mini", "ours", "gpt-4"]
    assert catalog.entry("openai/GPT-5-mini-2025-08-07") == "gpt-5-mini*"


def test_what_is_shipped_can_be_read_and_written_again() -> None:
    for name, facts in shipped().items():
        known = capabilities_from(facts)
        assert capabilities_from(facts_of(known)) == known, name


def test_a_value_or_parameter_that_was_refused_is_not_offered_again() -> None:
    refused = [("gpt-5", "reasoning.effort=minimal"), ("gpt-5", "text.verbosity"), ("gpt-5", "tools=web_search")]
    known = Catalog(shipped(), refused).capabilities("gpt-5")
    assert known.values("reasoning.effort") == ("low", "medium", "high")
    assert known.values("text.verbosity") == ()
    assert not known.takes("reasoning.effort", "minimal")
    assert known.takes("reasoning.effort", "low")
    assert known.refuses("text.verbosity", "low")
    assert known.refuses("tools", "web_search")
    assert not capabilities("gpt-5").refused


def test_a_refused_parameter_takes_what_is_in_it_along() -> None:
    known = Catalog(shipped(), [("o3", "reasoning")]).capabilities("o3")
    assert known.refuses("reasoning.effort", "low")


def test_the_cost_counts_cached_tokens_by_their_own_price() -> None:
    known = Capabilities(label="m", prices=Prices(input=2.0, cached=0.5, output=8.0))
    usage = {"input_tokens": 1_000_000, "input_tokens_details": {"cached_tokens": 400_000}, "output_tokens": 500_000}
    assert cost(known, usage) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.5 * 8)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": "many", "output_tokens": 1}, {"input_tokens": 1}])
def test_without_usage_no_cost_is_made_up(usage: dict[str, object] | None) -> None:
    assert cost(capabilities("gpt-4o"), usage) is None


def test_without_prices_no_cost_is_made_up() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "input_tokens_details": "odd"}
    assert cost(capabilities("my-deployment"), usage) is None
    assert cost(capabilities("gpt-4o"), usage) is not None


def test_the_models_of_the_first_documents_are_known_with_prices_for_their_images() -> None:
    for document in provider_notes()[:2]:
        assert len(document["regions"]) == 12
        for name in document["models"]:
            assert capabilities(name).known, name
    known = capabilities("gpt-image-1")
    assert known.image is not None
    assert (known.image.partial_images, known.image.edits, known.image.masks) == (3, True, True)
    assert image_cost(known, quality="high", size="1024x1024") == 0.167
    assert image_cost(known, quality="auto", size="auto") is None


def test_an_image_without_a_price_of_its_own_costs_what_its_tokens_cost() -> None:
    known = capabilities("gpt-image-2")
    assert image_cost(known, quality="high", size="1024x1024") == pytest.approx(0.2107, abs=0.0001)
    assert image_cost(known, quality="low", size="2048x2048") == pytest.approx(0.0119, abs=0.0001)
    assert image_cost(known, quality="high", size="64x64") is None
    assert partial_image_price(known) == pytest.approx(0.003)
    own = replace(known, prices=replace(known.prices, images={"high 1024x1024": 0.5}))
    assert image_cost(own, quality="high", size="1024x1024") == 0.5
    unpriced = replace(known, prices=Prices())
    assert image_cost(unpriced, quality="high", size="1024x1024") is None
