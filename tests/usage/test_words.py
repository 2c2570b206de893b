"""Numbers and money in the language of who reads them."""

from __future__ import annotations

import pytest
from django.utils import translation

from conversations.templatetags.humane import dollars, money, thousands


@pytest.mark.parametrize(
    ("language", "count", "cost", "total"),
    [("en", "18,402", "$0.0086", "$1,234.57"), ("de", "18.402", "0,0086 $", "1.234,57 $")],
)
def test_numbers_and_money_are_written_as_the_language_writes_them(
    language: str, count: str, cost: str, total: str
) -> None:
    with translation.override(language):
        assert (thousands(18_402), dollars(0.00859), money(1234.567)) == (count, cost, total)


def test_a_cost_that_is_not_known_is_a_dash() -> None:
    assert dollars(None) == "–"
