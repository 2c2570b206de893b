"""What typed words ask for. Everything has a meaning, so nothing that is typed is an error."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.search.excerpt import excerpt
from conversations.search.query import folded, parse


def test_words_phrases_and_exclusions() -> None:
    query = parse('lamp "sixty centimetres" -red -"dark blue" ')
    assert query.terms == [["lamp"], ["sixty", "centimetres"]]
    assert query.without == [["red"], ["dark", "blue"]]
    assert not query.begun


def test_the_last_word_is_begun_until_a_space_follows() -> None:
    assert parse("walnut la").begun
    assert not parse("walnut la ").begun
    assert not parse('walnut "la"').begun
    assert not parse("walnut -la").begun


def test_filters() -> None:
    query = parse('from:bob in:"Lamp launch" has:image after:2026-01-31 before:2026-03-01 lux')
    assert (query.people, query.titles, query.has_image) == (["bob"], ["Lamp launch"], True)
    assert (query.after, query.before) == (dt.date(2026, 1, 31), dt.date(2026, 3, 1))
    assert query.terms == [["lux"]]


@pytest.mark.parametrize("text", ["after:yesterday", "has:sound", "before:2026-02-30"])
def test_what_looks_like_a_filter_and_is_none_is_named(text: str) -> None:
    query = parse(text)
    assert query.problems == [text]
    assert query.is_empty


def test_an_address_is_looked_for_as_its_words() -> None:
    assert parse("https://example.com/a_b ").terms == [["https", "example", "com", "a", "b"]]


@pytest.mark.parametrize("text", ["", "   ", "-red", '"', '""', "***", "AND OR NOT ("])
def test_nothing_to_look_for_is_no_error(text: str) -> None:
    assert parse(text).is_empty == (text != "AND OR NOT (")


@given(st.text(max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    query = parse(text)
    assert all(word.isalnum() for words in query.terms + query.without for word in words)


@given(st.text(max_size=200))
def test_folding_keeps_places(text: str) -> None:
    assert len(folded(text)) == len(text)


def test_an_excerpt_lights_the_hits_and_nothing_else() -> None:
    pieces = excerpt("It puts 506 LUX on the page; luxury is no hit.", parse("lux "))
    assert [words for words, lit in pieces if lit] == ["LUX"]
    assert "".join(words for words, _ in pieces) == "It puts 506 LUX on the page; luxury is no hit."


def test_an_excerpt_begins_near_the_first_hit_of_a_long_text() -> None:
    pieces = excerpt("word " * 5000 + "the lamp is here " + "word " * 5000, parse("lamp"))
    shown = "".join(words for words, _ in pieces)
    assert "the lamp is here" in shown
    assert len(shown) < 300
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_an_excerpt_shows_the_words_of_markdown_without_its_marks() -> None:
    text = "## The **lamp**\n\n> It is `brass`.\n\n| a | b |\n|---|--:|\n| 2 * 3 | x_y |\n```python\nlight()\n```"
    shown = "".join(words for words, _ in excerpt(text, parse("lamp")))
    assert shown == "The lamp It is brass. | a | b | | 2 * 3 | x_y | light()"


def test_an_excerpt_finds_what_has_accents_and_phrases_over_punctuation() -> None:
    assert ("Café", True) in excerpt("Im Café", parse("cafe "))
    assert ("sixty, centimetres", True) in excerpt("sixty, centimetres", parse('"sixty centimetres"'))
    assert ("lamps", True) in excerpt("two lamps", parse("lam"))
