"""The built pages in a real browser, on a desk and on a telephone, with no network but this machine."""

import functools
import http.server
import os
import pathlib
import threading
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import chromium
from chromium import open_page, unfold

HTML = pathlib.Path(__file__).resolve().parent.parent / "book" / "_build" / "html"
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if "_static" not in path.parts and path.name != "genindex.html" and path != HTML / "index.html"  # which leads on
)
DESKTOP = {"width": 1280, "height": 900}
TELEPHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 640}  # a small telephone, or a page at 400 %

pytestmark = [pytest.mark.html, pytest.mark.browser]


def skip(reason):
    """Nothing is skipped where CI is set."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="module")
def browser():
    if not chromium.find():
        skip(chromium.NONE)
    if not (HTML / "book" / "index.html").exists():
        skip("the book is not built: make book")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        yield browser.new_context()  # one for all pages, so that MathJax is read once
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=HTML)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser):
    """A page that notes in `page.trouble` each error and each request that would leave this machine."""
    page = browser.new_page()
    page.set_viewport_size(DESKTOP)
    page.trouble = []
    page.on("console", lambda message: message.type == "error" and page.trouble.append(message.text))
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and page.trouble.append(f"{answer.status} {answer.url}"))
    page.route(lambda url: urlsplit(url).hostname not in ("127.0.0.1", None), refuse)
    yield page
    page.close()


def refuse(route):
    route.request.frame.page.trouble.append(f"asks for {route.request.url}")
    route.abort()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_whole(page, address, name):
    open_page(page, f"{address}/{name}")

    written = page.locator("main .math").count()
    set_by_mathjax = page.locator("main .math mjx-container").count()
    assert set_by_mathjax >= written, f"{written - set_by_mathjax} of {written} formulas are not set"
    assert page.locator("mjx-merror").count() == 0, page.locator("mjx-merror").first.inner_text()

    for screen in (DESKTOP, TELEPHONE, SMALL):
        page.set_viewport_size(screen)
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen, f"{wide} px of page on {seen} px of screen"
    broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    assert not broken
    assert not page.trouble


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_without_eyes_or_mouse(page, address, name, mode):
    page.emulate_media(color_scheme=mode, reduced_motion="reduce")
    open_page(page, f"{address}/{name}")
    unfold(page)
    assert page.locator("html").get_attribute("data-theme") == mode
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [
        f"{problem['id']}: {node['html'][:200]}"
        for problem in found
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]
    assert not grave, "\n".join(grave)


def test_a_scrubber_scrubs_by_mouse_and_by_keyboard(page, address):
    open_page(page, f"{address}/chapters/03-wgan.html")
    scrubber = page.locator("[data-scrub]").first
    slider, image, button = (scrubber.locator(part) for part in ("input", "img", "button"))
    last = image.get_attribute("src"), image.get_attribute("alt")

    slider.focus()
    page.keyboard.press("Home")
    first = image.get_attribute("src"), image.get_attribute("alt")
    assert first[0] != last[0] and first[1] != last[1], "each frame has a picture and a description of its own"
    assert slider.get_attribute("aria-valuetext") in first[1]
    page.keyboard.press("End")
    assert (image.get_attribute("src"), image.get_attribute("alt")) == last

    button.click()  # plays from the beginning, since it stands at the end
    page.wait_for_function("([image, src]) => image.src === src", arg=[image.element_handle(), first[0]])
    page.wait_for_function("([image, src]) => image.src !== src", arg=[image.element_handle(), first[0]])
    assert button.inner_text() == "Pause"
    button.click()
    assert button.inner_text() == "Play"
    assert not page.trouble


def test_a_question_answers(page, address):
    open_page(page, f"{address}/chapters/03-wgan.html")
    question = page.locator("p", has_text="Quick question").first
    option = question.locator("xpath=following-sibling::details").nth(1)
    answer = option.locator("p").first
    assert not answer.is_visible()
    option.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.is_visible() and answer.inner_text().startswith("Right.")
    assert not page.trouble


def test_the_first_screen_shows_the_picture(page, address):
    page.goto(f"{address}/index.html")
    page.wait_for_url("**/book/index.html")  # the root page leads on to it
    page.wait_for_load_state("load")
    box = page.locator("main img").first.bounding_box()
    assert box["y"] + box["height"] < DESKTOP["height"], "the picture is below the first screen"
    assert not page.trouble


def test_search_finds_the_gradient_penalty(page, address):
    open_page(page, f"{address}/search.html?q=gradient+penalty")
    page.wait_for_selector("#search-results ul.search li", timeout=10_000)
    page.wait_for_function("document.querySelector('#search-results p.search-summary').innerText.match(/[1-9]/)")
    assert "WGAN-GP" in page.locator("#search-results ul.search").inner_text()
    assert not page.trouble


def test_a_page_also_opens_as_a_file(page):
    open_page(page, (HTML / "chapters" / "03-wgan.html").as_uri())
    assert page.locator("main .math mjx-container").count() > 10
    scrubber = page.locator("[data-scrub]").first
    before = scrubber.locator("img").get_attribute("src")
    scrubber.locator("input").fill("0")
    assert scrubber.locator("img").get_attribute("src") != before
    assert not page.trouble


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_reader_chooses_light_or_dark(page, address, mode):
    page.add_init_script(f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')")
    open_page(page, f"{address}/book/index.html")
    assert page.locator("html").get_attribute("data-theme") == mode
    assert not page.trouble


def test_a_guard_that_sees_nothing_would_prove_nothing(page, address):
    page.goto(f"{address}/book/index.html")
    page.evaluate("fetch('http://192.0.2.1/').catch(() => 0)")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: '/nowhere.png'}))")
    page.wait_for_timeout(500)
    assert any("192.0.2.1" in line for line in page.trouble) and any("404" in line for line in page.trouble)
