"""What every browser test has: a failure tells what its pages showed."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Error, Page

MOST = 4_000
"""Characters of one page."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.when == "call" and "browser" in item.funcargs:
        pages = [page for context in item.funcargs["browser"].contexts for page in context.pages]
        report.sections += [(f"What {page.url} showed", showed(page)) for page in pages]
    return report


def showed(page: Page) -> str:
    try:
        return page.locator("body").aria_snapshot(timeout=5_000)[-MOST:]
    except Error as error:  # it navigates, or has crashed
        return error.message
