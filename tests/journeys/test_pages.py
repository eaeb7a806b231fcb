"""Tests of the pages behind emailed links, in a real browser."""

import shutil
from collections.abc import Callable, Iterator

import httpx
import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from shared.accounts import SecondStep
from tests.emails import link_in
from tests.journeys.conftest import TIMEOUT_SECONDS, MailRelay
from tests.parts import PASSWORD, Factory
from tests.running import ServerProcess
from tests.server.accounts.steps import OTHER_PASSWORD, registration
from tests.server.steps import ok, submission_path, submit_request

SMALL_PHONE = {"width": 320, "height": 568, "deviceScaleFactor": 1, "mobile": True}
UNUSABLE_LINK = "This link can't be used"
UNUSABLE_LINK_HELP = {
    "activate": "expired. Register again with the same email address for a new one.",
    "reset": "expired. Choose Forgot your password? in the portal for a new one.",
}

MakeLink = Callable[[str], str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        pytest.skip("There is no chromium with its chromedriver here.")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--no-proxy-server"):
        options.add_argument(argument)
    chrome = Chrome(options, ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def activation(server: ServerProcess, mail_relay: tuple[MailRelay, int]) -> MakeLink:
    """Function that registers an email address and returns the emailed link."""

    def link(email: str) -> str:
        reply = httpx.post(f"{server.url}/v1/registrations", json=registration(email))
        reply.raise_for_status()
        return link_in(mail_relay[0].pop_email(email, "/activate/"))

    return link


@pytest.fixture
def reset(server: ServerProcess, mail_relay: tuple[MailRelay, int], someone: Factory) -> MakeLink:
    """Function that adds an account and returns the emailed link to reset its password."""

    def link(email: str) -> str:
        someone(email, two_step=SecondStep.NONE)
        httpx.post(f"{server.url}/v1/password/forgotten", json={"email": email}).raise_for_status()
        return link_in(mail_relay[0].pop_email(email, "/reset/"))

    return link


def sign_in(server: ServerProcess, email: str, password: str = PASSWORD) -> int:
    """Try to sign in, and return the status code."""
    body = {"email": email, "password": password}
    return httpx.post(f"{server.url}/v1/sessions", json=body).status_code


def page_text(browser: Chrome) -> tuple[str, str]:
    """Return the heading and the text of the page."""
    heading = browser.find_element(By.TAG_NAME, "h1").text
    return heading, browser.find_element(By.TAG_NAME, "body").text


def press(browser: Chrome, label: str) -> None:
    button = browser.find_element(By.TAG_NAME, "button")
    assert button.text == label
    button.click()
    # While the next page loads, looking up the old button may raise WebDriverException.
    wait = WebDriverWait(browser, TIMEOUT_SECONDS, ignored_exceptions=[WebDriverException])
    wait.until(staleness_of(button))


def test_opening_link_keeps_it_valid_and_button_activates_once(
    browser: Chrome, server: ServerProcess, activation: MakeLink
) -> None:
    email = "activate@osierbeck.example"
    link = activation(email)
    for _ in range(2):
        browser.get(link)
        assert page_text(browser)[0] == "Activate your account"
    assert sign_in(server, email) == 401
    press(browser, "Activate my account")
    heading, text = page_text(browser)
    assert heading == "Your account is active"
    assert "You can sign in now with the portal in your terminal." in text
    assert sign_in(server, email) == 201
    browser.get(link)
    heading, text = page_text(browser)
    assert heading == UNUSABLE_LINK
    assert UNUSABLE_LINK_HELP["activate"] in text


@pytest.mark.parametrize("kind", ["activate", "reset"])
def test_unknown_link_is_explained(browser: Chrome, server: ServerProcess, kind: str) -> None:
    browser.get(f"{server.url}/{kind}/no-such-code")
    heading, text = page_text(browser)
    assert heading == UNUSABLE_LINK
    assert UNUSABLE_LINK_HELP[kind] in text
    assert not browser.find_elements(By.TAG_NAME, "button")


def set_password(browser: Chrome, first: str, second: str) -> None:
    for label, password in (("New password", first), ("The same again", second)):
        fields = browser.find_elements(By.TAG_NAME, "input")
        field = next(field for field in fields if field.accessible_name == label)
        assert field.get_attribute("type") == "password"
        field.send_keys(password)
    press(browser, "Set my password")


def test_new_password_replaces_the_old_one(
    browser: Chrome, server: ServerProcess, reset: MakeLink
) -> None:
    email = "reset@osierbeck.example"
    link = reset(email)
    browser.get(link)
    assert page_text(browser)[0] == "Set a new password"
    for first, second, error in (
        (OTHER_PASSWORD, PASSWORD, "The two passwords are not the same. Enter the same one twice."),
        ("short", "short", "must have 12 to 128 characters"),
    ):
        set_password(browser, first, second)
        assert error in browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
        assert sign_in(server, email) == 201
    set_password(browser, OTHER_PASSWORD, OTHER_PASSWORD)
    assert page_text(browser)[0] == "Your password is set"
    assert sign_in(server, email) == 401
    assert sign_in(server, email, OTHER_PASSWORD) == 201
    browser.get(link)
    assert page_text(browser)[0] == UNUSABLE_LINK


@pytest.fixture
def receipt(server: ServerProcess) -> MakeLink:
    """Function that returns the address of the page for checking receipts."""
    return lambda _: f"{server.url}/receipt"


def test_pasted_receipt_is_checked(browser: Chrome, receipt: MakeLink, someone: Factory) -> None:
    me = someone("receipt@osierbeck.example")
    submission = submit_request(me)
    copy = ok(me.get(f"{submission_path(submission)}/copy", params={"kind": "text"})).text
    receipt_text = copy[copy.rindex("{") :]
    for pasted, expected in (
        (receipt_text, "This receipt is genuine."),
        (receipt_text.replace('"version": 1', '"version": 2'), "was not signed by this portal"),
    ):
        browser.get(receipt(""))
        browser.find_element(By.TAG_NAME, "textarea").send_keys(pasted)
        press(browser, "Check the receipt")
        assert expected in page_text(browser)[1]


@pytest.mark.parametrize("kind", ["activation", "reset", "receipt"])
def test_page_fits_small_phone_and_loads_no_other_resources(
    browser: Chrome, request: pytest.FixtureRequest, kind: str
) -> None:
    link: MakeLink = request.getfixturevalue(kind)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SMALL_PHONE)
    browser.get(link(f"{kind}.narrow@osierbeck.example"))
    heading, text = page_text(browser)
    assert browser.title == heading
    assert "Leicester City SEND" in text
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert browser.execute_script("return innerWidth") == 320
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    for control in browser.find_elements(By.CSS_SELECTOR, "input, textarea, button"):
        assert control.accessible_name
        assert control.rect["x"] + control.rect["width"] <= 320
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
