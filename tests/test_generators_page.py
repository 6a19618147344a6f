"""The page of the generators in a real browser: by mouse, finger and keyboard, and what the page says."""

import re
import time

import numpy as np
import pytest
from browsing import BOXES, DESKTOP, SMALL, TELEPHONE, skip, violations
from playwright.sync_api import expect
from test_browser import HTML, address  # noqa: F401 (a fixture)

import generators_page
import kept_generators
from kept_generators import METHODS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The address of the page alone, as a file."""
    file = tmp_path_factory.mktemp("generators") / "generators.html"
    file.write_text(generators_page.html(), encoding="utf-8")
    return file.as_uri()


class Generators:
    """The page, and what it says of itself."""

    def __init__(self, page, url, drawn=True):
        self.page = page
        page.goto(url)
        self.root = page.locator("[data-generators]")
        self.map = self.root.locator(".plane canvas")
        self.said = self.root.locator(".said")
        if drawn:
            expect(self.root).to_have_attribute("data-drawn", re.compile("."), timeout=30_000)

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def card(self, method):
        return self.root.locator(f".drawn[data-method={method}]")

    def drawings(self):
        return [self.card(method).locator("canvas").first.evaluate("(c) => c.toDataURL()") for method in METHODS]

    def at(self):
        """Where the mark is."""
        return tuple(float(self.root.locator(f"#gen-{name}").input_value()) for name in "xy")

    def place(self, x, y):
        """A point of the plane on the screen."""
        box = self.map.bounding_box()
        return box["x"] + (x / 1.6 + 1) / 2 * box["width"], box["y"] + (1 - y / 1.6) / 2 * box["height"]

    def wait_for_nearest(self):
        expect(self.root).to_have_attribute("data-nearest", "yes", timeout=30_000)

    def loaded(self):
        """The scripts that the page has asked for."""
        names = "[...document.querySelectorAll('script[src]')].map((e) => e.src.match(/([^/]+)\\.js$/)[1])"
        return set(self.page.evaluate(names))


@pytest.fixture
def new_page(new_page):
    """Those of conftest.py, to which a request that leaves the machine is trouble, too."""

    def make(**options):
        page, here = new_page(**options), ("file:", "blob:", "data:", "http://127.0.0.1")
        page.on("request", lambda asked: asked.url.startswith(here) or new_page.trouble.append(f"asks for {asked.url}"))
        return page

    return make


@pytest.fixture
def generators(new_page, home):
    return Generators(new_page(), home)


def test_it_opens_at_a_digit_and_has_loaded_what_draws_it_alone(generators):
    assert len(set(generators.drawings())) == 4
    assert generators.loaded() == {"classifier", *METHODS}
    assert generators.said.inner_text().startswith("At the 3 where the walk begins, the classifier reads")
    assert re.search(r"a 3 in WGAN-GP’s drawing \((9\d|over 99)\s%", generators.said.inner_text())
    for method in METHODS:
        assert re.fullmatch(
            r"read as an? \d, (over )?\d+\s% sure", generators.card(method).locator(".read").inner_text()
        )
    assert generators.root.get_attribute("data-nearest") == "no"


def test_dragging_draws_and_letting_go_finds_the_nearest_training_digits(generators):
    mouse, before = generators.page.mouse, generators.drawings()
    mouse.move(*generators.place(-1, 0))
    mouse.down()
    mouse.move(*generators.place(0.5, 0.8), steps=10)
    generators.page.wait_for_timeout(300)
    during = generators.drawings()
    assert all(one != other for one, other in zip(before, during, strict=True)), "a drawing stands still"
    assert generators.root.get_attribute("data-nearest") == "no" and "x=" not in generators.page.url
    mouse.up()
    generators.wait_for_nearest()
    assert generators.at() == pytest.approx((0.5, 0.8), abs=0.02)
    assert "x=0.5&y=0.8" in generators.page.url and "digits" in generators.loaded()
    assert "0.80 above the line" in generators.said.inner_text()
    assert re.search(r"The nearest training digit is \d+\.\d from GAN’s \(an? \d\)", generators.said.inner_text())
    for method in METHODS:
        near = generators.card(method).locator(".near").inner_text()
        assert 1 < float(re.fullmatch(r"nearest: an? \d, (\d+\.\d) away", near)[1]) < 14
    expect(generators.root.locator(".aloud")).to_have_text(generators.said.inner_text())
    mouse.move(*generators.place(0, 0))
    assert generators.at() == pytest.approx((0.5, 0.8), abs=0.02), "it was let go"
    mouse.down()
    expect(generators.root).to_have_attribute("data-nearest", "no")  # those were another drawing's
    mouse.up()
    generators.wait_for_nearest()


def test_a_finger_moves_it(new_page, home):
    generators = Generators(new_page(viewport=TELEPHONE, has_touch=True), home)
    generators.map.scroll_into_view_if_needed()
    generators.page.touchscreen.tap(*generators.place(0.8, -0.4))
    generators.wait_for_nearest()
    assert generators.at() == pytest.approx((0.8, -0.4), abs=0.03)


def test_everything_is_done_by_keyboard(generators):
    page, reached = generators.page, []
    page.locator("#gen-from").focus()
    controls = generators.root.locator(":is(button, select, input, summary, canvas[tabindex]):visible").all()
    for _ in range(20):
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        page.keyboard.press("Tab")
    for control in controls:
        assert control.evaluate("(e) => e.id || e.textContent") in reached

    generators.map.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert generators.at() == (-0.9, 0.02)
    generators.wait_for_nearest()  # once the keys rest
    assert "x=-0.9&y=0.02" in page.url
    page.keyboard.press("End")
    assert generators.at() == (1, 0)
    expect(generators.said).to_contain_text("At the 8 where the walk ends")
    page.locator("#gen-y").focus()
    page.keyboard.press("PageUp")
    assert generators.at()[1] > 0
    expect(page.locator("output[for=gen-y]")).to_have_text(re.compile(r"0\.\d\d"))
    assert page.evaluate("scrollY") == 0


def test_another_walk_is_another_plane(generators):
    before, drawn = generators.map.evaluate("(c) => c.toDataURL()"), generators.root.get_attribute("data-drawn")
    generators.page.locator("#gen-from").select_option("4")
    expect(generators.said).to_contain_text("At the 4 where the walk begins")
    assert int(generators.root.get_attribute("data-drawn")) > int(drawn)
    first = generators.map.evaluate("(c) => c.toDataURL()")
    generators.button("Another way").click()
    generators.page.wait_for_function(
        "([c, old]) => c.toDataURL() !== old", arg=[generators.map.element_handle(), first]
    )
    assert first != before and "from=4&seed=1" in generators.page.url
    generators.page.locator("#gen-by").select_option("GAN")
    expect(generators.said).to_contain_text(re.compile("a 4 in GAN’s drawing"))


def test_the_walk_leads_from_one_end_to_the_other_and_calmly_for_who_asks_for_that(new_page, home):
    generators = Generators(new_page(reduced_motion="reduce"), f"{home}?x=0.3&y=0.7")
    generators.button("Walk").click()
    expect(generators.button("Stop")).to_be_visible()
    before = int(generators.root.get_attribute("data-drawn"))
    time.sleep(2)
    drawn = int(generators.root.get_attribute("data-drawn")) - before
    assert 2 <= drawn <= 6, f"{drawn} pictures in two seconds"
    assert -1 < generators.at()[0] < 0 and generators.at()[1] == 0
    generators.button("Walk").wait_for(timeout=20_000)
    generators.wait_for_nearest()
    assert generators.at() == (1, 0) and "x=1" in generators.page.url


def test_a_walk_can_be_stopped_and_is_smooth(generators):
    """The floor is for a machine that is busy with other things."""
    pace = (
        "new Promise((done) => { const n = () => +document.querySelector('[data-drawn]').dataset.drawn, first = n(), "
    )
    pace += (
        "begin = performance.now(); setTimeout(() => done((n() - first) / (performance.now() - begin) * 1e3), 1500); })"
    )
    generators.button("Walk").click()
    drawn = generators.page.evaluate(pace)
    print(f"{drawn:.0f} pictures a second")
    generators.button("Stop").click()
    assert drawn > 2
    generators.wait_for_nearest()
    stopped = generators.at()
    time.sleep(0.3)
    assert generators.at() == stopped and -1 < stopped[0] < 1


def test_the_state_is_in_the_address(new_page, home):
    one = Generators(new_page(), f"{home}?by=LSGAN&from=7&to=9&seed=5&x=0.25&y=-0.5")
    assert one.at() == (0.25, -0.5) and one.page.locator("#gen-by").input_value() == "LSGAN"
    one.button("Copy a link to this state").click()
    other = Generators(new_page(), one.page.url)
    assert "#by=LSGAN&from=7&to=9&seed=5&x=0.25&y=-0.5" in other.page.url
    assert other.drawings() == one.drawings() and other.said.inner_text() == one.said.inner_text()
    other.page.evaluate("location.hash = 'from=1&film=2'")  # as when a reader pastes a link
    expect(other.page.locator("#gen-by")).to_have_value("WGAN-GP")
    expect(other.said).to_contain_text("At the 1 where the walk begins")
    expect(other.root).to_have_attribute("data-film", "2", timeout=20_000)
    other.page.evaluate("location.hash = 'below'")  # a place in the page around is no word to it
    other.page.wait_for_timeout(200)
    assert other.page.locator("#gen-from").input_value() == "1"


def test_a_place_in_the_page_around_it_is_kept_in_the_address(new_page, home):
    assert Generators(new_page(), f"{home}#below").page.url.endswith("#below")


def test_an_address_that_asks_for_what_there_is_not_says_so(new_page, home):
    generators = Generators(new_page(), f"{home}?by=VAE&from=12&x=9&y=&to=9")
    said = generators.root.get_by_role("alert").inner_text()
    assert all(each in said for each in ("by=VAE", "from=12", "x=9", "y=")) and "to=9" not in said
    assert generators.at() == (-1, 0) and generators.page.locator("#gen-to").input_value() == "9"
    generators.page.locator("#gen-to").select_option("2")
    expect(generators.root.get_by_role("alert")).not_to_be_visible()


LEVELS = """(all) => all.map((c) =>
  [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0))"""


def test_training_is_a_film(generators):
    assert "film" not in generators.loaded()
    generators.root.get_by_text("Training, as a film").click()
    expect(generators.root).to_have_attribute("data-film", "20", timeout=20_000)
    assert "film=20" in generators.page.url and "film" in generators.loaded()
    frames = generators.root.locator(".frames canvas")
    last = frames.evaluate_all("(all) => all.map((c) => c.toDataURL())")
    assert len(set(last)) == 4
    said = generators.root.locator(".shown")
    distances = dict(re.findall(r"(\S+) (\d+\.\d)(?=[,.])", said.inner_text()))
    assert said.inner_text().startswith("After 50\u00a0000 critic steps") and set(distances) == set(METHODS)
    slider = generators.page.locator("#gen-film")
    slider.focus()
    generators.page.keyboard.press("Home")
    expect(said).to_contain_text("After 2\u00a0500 critic steps")
    assert slider.get_attribute("aria-valuetext") == "after 2\u00a0500 critic steps"
    first = frames.evaluate_all("(all) => all.map((c) => c.toDataURL())")
    assert all(one != other for one, other in zip(first, last, strict=True)) and "film=1" in generators.page.url
    for k in (1, 7, 19):
        slider.fill(str(k + 1))
        for method, levels in zip(METHODS, frames.evaluate_all(LEVELS), strict=True):
            expected = kept_generators.tiled(np.load(kept_generators.file_of(method))["ema_frames"][k], 6)
            found = 255 - np.reshape(levels, expected.shape)  # dark ink
            assert np.sqrt(np.mean((found - expected.astype(float)) ** 2)) < 10, (method, k)
    generators.button("Play the film").click()
    expect(generators.root).to_have_attribute("data-film", "3", timeout=5_000)
    generators.button("Stop the film").click()
    generators.root.get_by_text("Training, as a film").click()
    expect(generators.page).to_have_url(re.compile("^(?!.*film=)"))


# --- for everybody --------------------------------------------------------------------------------------------------


def test_it_can_be_used_without_eyes(new_page, home):
    generators = Generators(new_page(), f"{home}?film=4")
    generators.button("Find the nearest training digits").click()
    generators.wait_for_nearest()
    expect(generators.root).to_have_attribute("data-film", "4", timeout=20_000)
    assert generators.root.locator(".aloud").get_attribute("aria-live") == "polite"
    for canvas in generators.root.locator("canvas").all():
        assert canvas.get_attribute("aria-label")
    for mode in ("light", "dark"):
        generators.page.emulate_media(color_scheme=mode)
        expect(generators.page.locator("html")).to_have_attribute("data-theme", mode)
        assert not violations(generators.page), mode


def test_in_the_dark_ink_is_light(new_page, home):
    corner = "(c) => c.getContext('2d').getImageData(0, 0, 1, 1).data[0]"
    for mode, level in (("light", range(200, 256)), ("dark", range(56))):
        generators = Generators(new_page(color_scheme=mode), f"{home}?film=1")
        expect(generators.root).to_have_attribute("data-film", "1", timeout=20_000)
        for canvas in generators.root.locator(".drawn canvas:first-child, .frames canvas").all()[::2]:
            assert canvas.evaluate(corner) in level, mode
    generators.page.evaluate("document.documentElement.dataset.theme = 'light'")  # as the book's own button does
    generators.page.wait_for_function(f"(c) => ({corner})(c) > 200", arg=generators.card("GAN").locator("canvas").first
                                      .element_handle())  # fmt: skip


def test_it_fits_the_screen_and_the_finger(new_page, home):
    generators = Generators(new_page(), f"{home}?film=4")
    for screen in (TELEPHONE, SMALL, DESKTOP):
        generators.page.set_viewport_size(screen)
        wide, seen = generators.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen
        for box in generators.root.locator(":is(button, select, input, summary):visible").evaluate_all(BOXES):
            assert box["height"] >= 24 and box["width"] >= 24, box["e"]
        map_ = generators.map.bounding_box()
        assert seen - map_["width"] >= 60, "a finger has no place to scroll the page"
        drawings = generators.root.locator(".drawings").bounding_box()
        if screen is not SMALL:  # the map and what is drawn at its mark are seen at once
            top = min(map_["y"], drawings["y"])
            assert max(each["y"] + each["height"] for each in (map_, drawings)) - top <= screen["height"]


def test_where_scripts_are_off_and_on_paper_it_is_a_picture(browser, home, generators):
    context = browser.new_context(java_script_enabled=False, viewport=TELEPHONE)
    page = context.new_page()
    page.goto(home)
    picture = page.locator("img.still")
    assert picture.is_visible() and 300 < picture.bounding_box()["width"] <= 390
    assert picture.evaluate("(e) => e.naturalWidth") > 500
    assert not page.locator("button").first.is_visible()
    context.close()
    assert not generators.root.locator("img.still").is_visible()
    generators.page.emulate_media(media="print")
    assert generators.root.locator("img.still").is_visible() and not generators.map.is_visible()


def test_a_page_without_its_files_says_which_one_it_misses(browser, tmp_path):
    file = tmp_path / "alone.html"
    file.write_text(generators_page.html().replace(generators_page.SCRIPTS.as_uri(), "nowhere"), encoding="utf-8")
    page = browser.new_page()
    generators = Generators(page, file.as_uri(), drawn=False)
    expect(generators.root.get_by_role("alert")).to_contain_text(".js is not beside this page")
    page.close()


# --- in the book ----------------------------------------------------------------------------------------------------


@pytest.mark.html
@pytest.mark.parametrize("place", ["http", "file"])
def test_it_draws_in_the_built_book(new_page, address, place):  # noqa: F811 (a fixture)
    """Over http and as a file."""
    if not (HTML / "book" / "generators.html").exists():
        skip("the book is not built: make book")
    base = address if place == "http" else HTML.as_uri()
    generators = Generators(new_page(), f"{base}/book/generators.html?from=4&to=9&x=0.5")
    assert generators.at() == (0.5, 0) and generators.page.locator("#gen-from").input_value() == "4"
    generators.button("Find the nearest training digits").click()
    generators.wait_for_nearest()
    assert generators.root.bounding_box()["width"] > 820, "the page has no room"
    generators.page.emulate_media(color_scheme="dark")
    expect(generators.page.locator("html")).to_have_attribute("data-theme", "dark")
    generators.page.evaluate("Promise.allSettled(document.getAnimations().map((fading) => fading.finished))")
    assert not violations(generators.page, only=["color-contrast"]), "the book's style is not the page's own"
