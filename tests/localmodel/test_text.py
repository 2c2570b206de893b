"""The demo model's texts."""

from .conftest import Provider
from .pictures import data_url, plain
from .scenarios import ask, failing


def said(response: dict) -> str:
    """The text of a response's only message."""
    (message,) = response["output"]
    (part,) = message["content"]
    return part["text"]


def test_the_usual_answer_shows_all_that_a_page_can_render(provider: Provider) -> None:
    text = said(provider.create(ask("Rivers and mills")))
    for sign in ("## ", "### ", "1. ", "   - ", "| word |", "```python", "$$", "> ", "**", "*", "`mills`"):
        assert sign in text


def test_two_prompts_get_two_answers_and_the_same_prompt_the_same(provider: Provider) -> None:
    rivers, mills = said(provider.create(ask("Rivers"))), said(provider.create(ask("Mills")))
    assert "Rivers" in rivers
    assert "Mills" in mills
    assert rivers == said(provider.create(ask("Rivers")))


def test_markup_in_the_prompt_does_not_become_markup_of_the_answer(provider: Provider) -> None:
    text = said(provider.create(ask("Say <script>alert(1)</script> **now** [x](http://example.com)")))
    assert "<script>" not in text
    assert "[x]" not in text
    assert "**now**" not in text.replace("- the last is", "")


def test_what_was_said_before_is_known_by_the_previous_response(provider: Provider) -> None:
    first = provider.create(ask("My bicycle is green"))
    second = provider.create(ask("And my boat is old", previous_response_id=first["id"]))
    third = provider.create(ask("What did I say before?", previous_response_id=second["id"]))
    assert "My bicycle is green" in said(third)
    assert "And my boat is old" in said(third)


def test_what_was_said_before_is_known_by_items_chained_by_hand(provider: Provider) -> None:
    first = provider.create(ask([{"role": "user", "content": "My bicycle is green"}], store=False))
    question = {"role": "user", "content": "What did I say before?"}
    items = [{"role": "user", "content": "My bicycle is green"}, *first["output"], question]
    assert "My bicycle is green" in said(provider.create(ask(items)))


def test_a_first_message_has_nothing_before_it(provider: Provider) -> None:
    assert "nothing before" in said(provider.create(ask("What did I say before?")))


def test_instructions_are_heeded_for_their_own_turn_only(provider: Provider) -> None:
    first = provider.create(ask("Hello", instructions="Speak like a sailor"))
    assert "Speak like a sailor" in said(first)
    assert first["instructions"] == "Speak like a sailor"
    second = provider.create(ask("Hello", previous_response_id=first["id"]))
    assert "sailor" not in said(second)
    assert second["instructions"] is None


def test_images_and_files_are_described_truly(provider: Provider) -> None:
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": data_url(plain((40, 30), (255, 0, 0)))},
        {"type": "input_file", "filename": "note.txt", "file_data": "data:text/plain;base64,SGVsbG8="},
    ]
    text = said(provider.create(ask([{"role": "user", "content": content}])))
    assert "PNG, 40 × 30 pixels, on average #ff0000" in text
    assert "note.txt has 5 bytes, and begins with “Hello”" in text


def test_a_long_story_is_long(provider: Provider) -> None:
    response = provider.create(ask("Write me a very long story about bees"))
    assert 8_000 < response["usage"]["output_tokens"] < 20_000
    assert "bees" in said(response)


def test_refusing_is_a_refusal_part(provider: Provider) -> None:
    (message,) = provider.create(ask("Please refuse"))["output"]
    assert [part["type"] for part in message["content"]] == ["refusal"]


def test_an_exact_number_of_deltas_can_be_asked_for(provider: Provider) -> None:
    events = provider.stream(failing("deltas=300"))
    assert sum(event["type"] == "response.output_text.delta" for event in events) == 300


def test_an_exact_text_can_be_asked_for(provider: Provider) -> None:
    assert said(provider.create(failing("text=# Hi, you;\n<b>x</b>"))) == "# Hi, you;\n<b>x</b>"


def test_max_output_tokens_cut_the_answer(provider: Provider) -> None:
    response = provider.create(ask("Rivers", max_output_tokens=16))
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["usage"]["output_tokens"] == 16


def test_log_probabilities_come_when_included(provider: Provider) -> None:
    (message,) = provider.create(ask("Rivers", include=["message.output_text.logprobs"]))["output"]
    logprobs = message["content"][0]["logprobs"]
    assert "".join(entry["token"] for entry in logprobs) == message["content"][0]["text"]
