"""The pages in a real browser: readable for everybody, on a desk and on a phone, with and without script."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from conversations.models import Branch, Conversation, Membership, Response, User
from tests.conftest import PASSWORD, signed_in
from tests.pages.test_home import converse

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {**DESK, "color_scheme": "light"},
    "dark": {**DESK, "color_scheme": "dark"},
    "phone": {**PHONE, "color_scheme": "light"},
}


@pytest.fixture
def opened(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Callable[..., Page]:
    """Open a page of the site, signed in as `user`, in a context with these options."""

    def open_page(path: str, user: User | None = None, **options: Any) -> Page:
        context = new_context(base_url=live_server.url, **options)
        if user is not None:
            session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    return open_page


def assert_readable(page: Page) -> None:
    """No rule of WCAG 2.2 AA that a program can check is broken, and nothing stands out sideways."""
    # A colour on its way to another one is judged as if it stayed
    fading = "() => !document.getAnimations().some((one) => one instanceof CSSTransition)"
    page.wait_for_function(fading, timeout=60_000)
    violations = Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    assert page.locator("html").evaluate("root => root.scrollWidth <= root.clientWidth")


@pytest.fixture
def full_list(alice: User, bob: User) -> None:
    for number in range(60):
        conversation = converse(alice, f"Beleuchtungsstärkenmessgerätekalibrierungsnachweis {number}")
        Membership.objects.create(conversation=conversation, user=bob)
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    Response.objects.create(conversation=conversation, branch=branch, created_by=alice, status="in_progress")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/nothing/"])
def test_pages_at_the_door_are_readable(
    opened: Callable[..., Page], alice: User, console_allows: list[str], look: str, path: str
) -> None:
    console_allows.append("404" if path == "/nothing/" else "—")
    assert_readable(opened(path, **LOOKS[look]))


@pytest.mark.parametrize("look", LOOKS)
def test_set_up_is_readable(opened: Callable[..., Page], look: str) -> None:
    assert_readable(opened("/setup/", **LOOKS[look]))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?archived=1",
        "/?q=zzz",
        "/settings/",
        "/settings/gateway/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ],
)
def test_pages_inside_are_readable(
    opened: Callable[..., Page], alice: User, full_list: None, look: str, path: str
) -> None:
    assert_readable(opened(path, alice, **LOOKS[look]))


def test_the_opening_screen_is_readable(opened: Callable[..., Page], charlie: User) -> None:
    assert_readable(opened("/", charlie, **PHONE))


def test_alice_signs_in_through_the_door(opened: Callable[..., Page], alice: User) -> None:
    page = opened("/", **DESK)
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("button", name="New conversation")).to_be_visible()


def test_the_sidebar_searches_while_one_types(opened: Callable[..., Page], alice: User) -> None:
    converse(alice, "A lamp")
    converse(alice, "A chair")
    page = opened("/settings/", alice, **DESK)
    listed = page.get_by_role("navigation", name="Conversations")

    page.get_by_role("searchbox", name="Search titles").press_sequentially("lam")
    expect(listed.get_by_role("link", name="A chair")).to_be_hidden()
    expect(listed.get_by_role("link", name="A lamp")).to_be_visible()

    page.get_by_role("searchbox", name="Search titles").fill("")
    expect(listed.get_by_role("link", name="A chair")).to_be_visible()


def test_show_more_lengthens_the_sidebar_under_one_heading(
    opened: Callable[..., Page], alice: User, full_list: None
) -> None:
    page = opened("/settings/", alice, **DESK)
    listed = page.get_by_role("navigation", name="Conversations")

    listed.get_by_role("link", name="Show more").click()

    expect(listed.locator("li")).to_have_count(60)
    expect(listed.get_by_role("heading", name="Today")).to_have_count(1)
    expect(listed.locator("li").nth(40).get_by_role("link")).to_be_focused()


def test_on_a_phone_the_sidebar_opens_from_its_button_and_closes_with_escape(
    opened: Callable[..., Page], alice: User
) -> None:
    page = opened("/settings/", alice, **PHONE)
    listed = page.get_by_role("navigation", name="Conversations")
    expect(listed).to_be_hidden()

    page.get_by_role("button", name="Open the sidebar").click()
    expect(listed).to_be_visible()
    assert_readable(page)
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()


def test_the_theme_switches_at_once_and_stays(opened: Callable[..., Page], alice: User) -> None:
    page = opened("/settings/", alice, **LOOKS["dark"])
    with page.expect_response("**/settings/theme/"):
        page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")

    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_key_is_made_copied_and_not_made_again_by_a_reload(opened: Callable[..., Page], alice: User) -> None:
    page = opened("/settings/", alice, **DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    dialog.get_by_label("Name").fill("Notebook")
    dialog.get_by_label("Upload and read files").uncheck()
    dialog.get_by_role("button", name="Make the key").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("status").filter(has_text="“Notebook” is ready.")).to_be_visible()
    assert_readable(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert page.request.get("/openai/v1/models", headers={"api-key": secret}).status == 200
    page.reload()
    expect(page.get_by_text("“Notebook” is ready.")).not_to_be_visible()
    expect(page.get_by_role("row", name="Notebook")).to_have_count(1)
    page.get_by_role("button", name="Revoke “Notebook”").click()
    expect(page.get_by_role("row", name="Notebook")).to_have_count(0)
    assert page.request.get("/openai/v1/models", headers={"api-key": secret}).status == 401


def test_the_examples_carry_the_readers_own_address(opened: Callable[..., Page], alice: User) -> None:
    page = opened("/settings/gateway/", alice, **DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = page.get_by_role("figure").filter(has_text="curl").first
    expect(figure.locator(".hljs-string").first).to_be_visible()
    figure.get_by_role("button", name="Copy").click()
    expect(figure.get_by_role("button", name="Copied")).to_be_visible()
    host = page.evaluate("location.origin")
    assert f"curl {host}/openai/v1/responses" in page.evaluate("navigator.clipboard.readText()")


def test_the_menu_of_a_row_works_without_script(opened: Callable[..., Page], alice: User) -> None:
    made = converse(alice, "A lamp")
    page = opened("/", alice, **DESK, java_script_enabled=False)

    page.get_by_role("button", name="What to do with “A lamp”").click()
    page.get_by_text("Rename").click()
    page.get_by_role("textbox", name="Title", exact=True).fill("A better lamp")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".conversations").get_by_text("A better lamp")).to_be_visible()

    page.get_by_role("button", name="What to do with “A better lamp”").click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", name="Everything is archived.")).to_be_visible()

    page.goto("/?archived=1")
    page.get_by_role("button", name="What to do with “A better lamp”").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete this conversation").click()
    expect(page.get_by_role("heading", name="What shall we look into?")).to_be_visible()
    assert Conversation.objects.get(pk=made.pk).deleted_at


def test_the_administration_works_under_its_policy(opened: Callable[..., Page], admin: User, charlie: User) -> None:
    page = opened("/admin/conversations/user/", admin, **DESK)
    page.get_by_role("link", name="charlie@example.com").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Charlie")
    expect(page.locator("[x-cloak]")).to_have_count(0)
