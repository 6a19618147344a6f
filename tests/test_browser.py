"""The built pages in a real browser, on a desk and on a telephone, with no network but this machine.

A page is opened once, and all questions are asked of it then: each is a test of its own, and leaves the page as it was.
"""

import functools
import http.server
import io
import itertools
import pathlib
import re
import threading
from urllib.parse import urlsplit

import numpy as np
import pytest
from browsing import DESKTOP, SMALL, TELEPHONE, note_errors, open_browser, skip, violations
from PIL import Image
from playwright.sync_api import expect
from test_frames import constant

from chromium import open_page, unfold

HTML = pathlib.Path(__file__).resolve().parent.parent / "book" / "_build" / "html"
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if "_static" not in path.parts and path.name != "genindex.html" and path != HTML / "index.html"  # which leads on
)
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]
AS_FILE = " as a file"  # after a page's name: opened as one, by a reader who asks for less motion

pytestmark = [pytest.mark.html, pytest.mark.browser]


def holding(text):
    """The pages with this in their source."""
    return [name for name in PAGES if text in (HTML / name).read_text(encoding="utf-8")]


SCRUBBED, EXPLORED = holding("data-scrub="), holding("data-explore=")
MOVING = sorted({*SCRUBBED, *EXPLORED})


def of(names, *more):
    """Ask a question of these pages."""
    return pytest.mark.parametrize("opened", [*names, *more], indirect=True)


def as_files(names):
    return [name + AS_FILE for name in names]


each_page = of(PAGES)


@pytest.fixture(scope="module")
def browser():
    if not (HTML / "book" / "index.html").exists():
        skip("the book is not built: make book")
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def reader(browser):
    """One for all pages, so that MathJax is read once."""
    return browser.new_context(viewport=DESKTOP, color_scheme="light")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        """NAME.html?bare is the page without its scripts and styles: as soon as its content can be there."""
        if self.path == "/favicon.ico":  # asked of every site by a page that names no icon, as the root page, at times
            return self.send_error(204)
        if not self.path.endswith("?bare"):
            return super().do_GET()
        page = pathlib.Path(self.translate_path(self.path)).read_text(encoding="utf-8")
        bare = re.sub(r"<script\b.*?</script>|<style\b.*?</style>|<link\b[^>]*>", "", page, flags=re.DOTALL).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", len(bare))
        self.end_headers()
        self.wfile.write(bare)


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=HTML)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def watched(context):
    """A page that notes in `page.trouble` each error and each request that would leave this machine."""
    page = context.new_page()
    page.trouble = trouble = []
    note_errors(page, trouble)
    page.on("response", lambda answer: answer.status >= 400 and trouble.append(f"{answer.status} {answer.url}"))
    page.on("request", lambda asked: leaves(asked.url) and trouble.append(f"asks for {asked.url}"))
    page.on("websocket", lambda socket: leaves(socket.url) and trouble.append(f"asks for {socket.url}"))
    return page


def leaves(url):
    return urlsplit(url).hostname not in ("127.0.0.1", None)


# When the page's first picture was decoded and laid out, in milliseconds after the reader asked for the page.
CLOCK = """
const look = () => {
  const image = document.querySelector("article img");
  if (!image && document.readyState === "complete") return;
  if (!image?.complete || !image.naturalWidth || !image.getBoundingClientRect().height) {
    return requestAnimationFrame(look);
  }
  image.decode().then(() => requestAnimationFrame(() => { window.firstPicture = performance.now(); }));
};
look();
"""
# A colour, or a control that slides in, is at once what it will be. And what a question may have changed is kept.
MADE_READY = """() => {
  const style = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  document.head.append(Object.assign(document.createElement("style"), {textContent: style}));
  window.unfoldedAtFirst = new Set(document.querySelectorAll("details[open]"));
}"""
PUT_BACK = """() => {
  document.querySelectorAll("details").forEach((each) => { each.open = unfoldedAtFirst.has(each); });
  document.activeElement.blur();
  scrollTo(0, 0);
}"""


@pytest.fixture(scope="module")
def opened(reader, address, request):
    """A page for all the questions asked of it."""
    name, as_file, _ = request.param.partition(AS_FILE)
    page = watched(reader)
    page.asked_for = {"reduced_motion": "reduce" if as_file else "no-preference", "media": "screen"}
    page.emulate_media(color_scheme="light", **page.asked_for)
    page.add_init_script(CLOCK)
    open_page(page, f"{HTML.as_uri() if as_file else address}/{name}")
    page.evaluate(MADE_READY)
    yield page
    page.close()


@pytest.fixture
def page(opened):
    """The page, put back as it was after a question; nothing may have gone wrong on it until then."""
    yield opened
    opened.emulate_media(color_scheme="light", **opened.asked_for)
    opened.set_viewport_size(DESKTOP)
    opened.evaluate(PUT_BACK)
    trouble, opened.trouble[:] = [*opened.trouble], []
    assert not trouble


@pytest.fixture
def another(browser):
    """A page that no other test sees."""
    context = browser.new_context(viewport=DESKTOP)
    yield watched(context)
    context.close()


# --- every page -----------------------------------------------------------------------------------------------


@of(PAGES, *as_files(MOVING))
def test_a_page_opens_whole(page):
    written = page.locator("main .math").count()
    set_by_mathjax = page.locator("main .math mjx-container").count()
    assert set_by_mathjax >= written, f"{written - set_by_mathjax} of {written} formulas are not set"
    assert page.locator("mjx-merror").count() == 0, page.locator("mjx-merror").first.inner_text()
    broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    assert not broken


@of(sorted({"book/index.html", *CHAPTERS}))
def test_the_first_picture_is_seen_within_a_second(page, address):
    """Or, where the machine is slow or busy, within four times what the page without scripts and styles takes there."""
    bare, whole = [], [page.wait_for_function("window.firstPicture").json_value()]
    again = None
    while len(whole) < 6 and min(whole) > max(1000, 4 * min(bare, default=0)):
        again = again or page.context.new_page()
        again.add_init_script(CLOCK)
        for times, query in ((bare, "?bare"), (whole, "")):
            again.goto(urlsplit(page.url)._replace(query=query.strip("?")).geturl(), wait_until="commit")
            times.append(again.wait_for_function("window.firstPicture", timeout=60_000).json_value())
    assert min(whole) < max(1000, 4 * min(bare, default=0)), f"{whole} ms, and bare {bare} ms"

    image = page.locator("article img").first
    image.scroll_into_view_if_needed()
    assert image.is_visible()
    box = image.bounding_box()
    assert box["width"] > 200 and box["height"] > 100
    at_its_place = "(i) => { const b = i.getBoundingClientRect();"
    at_its_place += " return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) === i }"
    assert image.evaluate(at_its_place), "something lies on the picture"


@each_page
def test_a_page_fits_the_screen_and_its_sliders_and_buttons_the_finger(page):
    """WCAG 2.2, 2.5.8: 24 by 24 pixels."""
    for screen in (DESKTOP, TELEPHONE, SMALL):
        page.set_viewport_size(screen)
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen, f"{wide} px of page on {seen} px of screen"
        cut = "[...document.querySelectorAll('.prev-next-area a')].filter(a => a.scrollWidth > a.clientWidth)"
        assert page.evaluate(f"{cut}.map(a => a.innerText)") == []
        controls = page.locator(":is([data-scrub], [data-explore]) :is(input, button)")
        for box in controls.evaluate_all("(all) => all.map((e) => e.getBoundingClientRect().toJSON())"):
            assert box["height"] >= 24 and box["width"] >= 48, f"{box} on {seen} px of screen"


@each_page
def test_headings_go_down_one_level_at_a_time(page):
    headings = page.locator("main").get_by_role("heading")  # those that are seen
    levels = headings.evaluate_all("(all) => all.map((heading) => +heading.tagName[1])")
    assert levels.count(1) == 1 and levels[0] == 1
    skipped = [(above, below) for above, below in itertools.pairwise(levels) if below > above + 1]
    assert not skipped, levels


# A chapter has thousands of coloured words of code in a few dozen colours. Of each kind one is enough to judge; the
# others become plain text, for each costs a millisecond or two.
EACH_TOKEN_ONCE = """() => {
  const seen = new Set();
  for (const token of document.querySelectorAll(".highlight span[class]")) {
    const kind = `${token.className} in ${token.closest(".highlight").parentElement.className}`;
    if (seen.has(kind)) token.replaceWith(token.textContent); else seen.add(kind);
  }
}"""


def lay_bare(page):
    """Unfold all that is folded; less of the code's colours, from here on."""
    page.evaluate(EACH_TOKEN_ONCE)
    unfold(page)


# Each kind of page: Tab is pressed through these, and of the others it is known where it would lead.
KINDS = sorted(
    {"book/index.html", "book/lab.html", "book/generators.html", "book/setup.html", *SCRUBBED[:1], *EXPLORED[:1]}
)
# What a reader can do something with, except the marks beside headings, which the theme shows to a mouse alone.
CONTROLS = """() => {
  // of some radio buttons Tab reaches the one that is chosen; the arrow keys choose among them
  const all = document.querySelectorAll(
    "article :is(input:not([type=radio]:not(:checked)), button, summary, a[href]):not(.headerlink)");
  return [...all].filter((each) => each.checkVisibility());
}"""
# What the focus comes to, in order, from the first press on; null where it leaves the page.
WATCH_FOCUS = """() => {
  window.reached = [];
  window.note = ({type, target, relatedTarget}) => {
    if (type === "focusin") reached.push(target);
    else if (!relatedTarget) reached.push(null);
  };
  for (const type of ["focusin", "focusout"]) document.addEventListener(type, note);
}"""
STOP_WATCHING = """() => {
  for (const type of ["focusin", "focusout"]) document.removeEventListener(type, note);
  reached.length = reached.indexOf(null);
}"""
MOST = 1000
MAYBE_A_CONTROL = ":is(a, button, input, select, summary, [role], [tabindex]):not(mjx-container)"


def show_in(page, mode):
    """In the reader's mode, light or dark: the page follows it a moment later."""
    page.emulate_media(color_scheme=mode)
    expect(page.locator("html")).to_have_attribute("data-theme", mode)


def tab_through(page):
    """Unfold the page and press Tab until the focus leaves it. What it came to is window.reached."""
    lay_bare(page)
    if page.evaluate("!window.reached"):
        page.evaluate(WATCH_FOCUS)
        pressed = 0
        while page.evaluate("!reached.includes(null)"):
            assert pressed < MOST, "the focus goes round in circles"
            for _ in range(20):
                page.keyboard.press("Tab")
            pressed += 20
        page.evaluate(STOP_WATCHING)


@each_page
def test_tab_would_lead_through_a_page_in_the_order_of_its_text(page):
    """So it does where nothing asks for a place of its own or is passed over (HTML, 6.6.3)."""
    unfold(page)
    controls, odd = page.evaluate(f"""() => {{
      const controls = ({CONTROLS})(), odd = [...document.querySelectorAll("[tabindex]")].filter((e) => e.tabIndex > 0);
      odd.push(...controls.filter((e) => e.tabIndex < 0 || e.matches(":disabled") || e.closest("[inert]")));
      return [controls.length, odd.map((each) => each.outerHTML.slice(0, 200))];
    }}""")
    assert not odd and (controls or "search" in page.url)  # which has none of its own in an article


@of(KINDS)
def test_every_control_is_reached_by_tab_and_has_a_name(page):
    tab_through(page)
    places, missed = page.evaluate(f"""() => {{
      const place = new Map(reached.map((each, k) => [each, k])), controls = ({CONTROLS})();
      const missed = controls.filter((each) => !place.has(each)).map((each) => each.outerHTML.slice(0, 200));
      return [controls.map((each) => place.get(each) ?? -1), missed];
    }}""")
    assert page.evaluate("reached.length") > 10
    assert not missed, f"{len(missed)} of {len(places)} controls are not reached: {missed[:3]}"
    assert places == sorted(places), "the focus jumps back and forth"

    # The names as the browser gives them to a screen reader.
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    roles = ("button", "link", "slider", "DisclosureTriangle", "checkbox", "tab", "radio", "searchbox")
    named = []
    for node in session.send("DOM.querySelectorAll", {"nodeId": root, "selector": MAYBE_A_CONTROL})["nodeIds"]:
        told = session.send("Accessibility.getPartialAXTree", {"nodeId": node, "fetchRelatives": False})["nodes"][0]
        if not told["ignored"] and told["role"]["value"] in roles:
            named.append((told["name"]["value"].strip(), node))
    nameless = [session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"] for name, node in named if not name]
    session.detach()
    assert len(named) > 10
    assert not nameless


FIRST_OF_EACH_KIND = """() => {
  const first = new Map();
  reached.forEach((e, k) => {
    const kind = [e.tagName, e.className, !!e.closest("article")].join(" ");
    if (!first.has(kind)) first.set(kind, k);
  });
  return [...first];
}"""


@of(["book/lab.html", "book/setup.html", *SCRUBBED[:1]])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_where_the_focus_is_can_be_seen(page, mode):
    show_in(page, mode)
    tab_through(page)
    unseen, kinds = {}, page.evaluate(FIRST_OF_EACH_KIND)
    for kind, place in kinds:
        page.evaluate("(k) => reached[k].focus()", place - 1 if place else 1)
        page.keyboard.press("Tab" if place else "Shift+Tab")
        control = page.evaluate_handle("document.activeElement").as_element()
        assert page.evaluate("([e, k]) => reached[k] === e", [control, place])
        box = control.bounding_box()  # the link past the menu slides away when it is left: look at one place twice
        focused, _ = photograph(page, box), control.evaluate("(e) => e.blur()")
        left = photograph(page, box)
        ratio = np.maximum(focused, left) / np.minimum(focused, left)
        # WCAG 2.2, 2.4.13: as large as a line around the control, and it stands out 3 to 1
        drawn = np.sum(ratio >= 3)
        if drawn < 2 * min(box["width"], page.viewport_size["width"]) + 2 * box["height"]:
            unseen[kind] = int(drawn)
    assert len(kinds) > 10
    assert not unseen, "pixels that change with the focus"


def photograph(page, box):
    """A place and a little around it, as luminance + 0.05, which WCAG's contrast is a ratio of."""
    clip = {"x": max(0, box["x"] - 6), "y": max(0, box["y"] - 6)}
    clip |= {"width": box["x"] + box["width"] + 6 - clip["x"], "height": box["y"] + box["height"] + 6 - clip["y"]}
    png = page.screenshot(clip=clip, animations="disabled")
    colour = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) / 255
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722] + 0.05


@of(MOVING)
def test_on_paper_pictures_stay_and_controls_go(page):
    roots = page.locator("[data-scrub], [data-explore]")
    controls = roots.locator("input, button")
    assert controls.first.is_visible()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 less its margins
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for slider in page.locator("[data-scrub] input").all():
        assert slider.input_value() == slider.get_attribute("max"), "on paper training is seen at its end"
    for width in roots.locator("img").evaluate_all("(all) => all.map((e) => e.getBoundingClientRect().width)"):
        assert width > 300
    for kind in (controls, page.locator("article .copybtn"), page.locator("article .headerlink")):
        seen = kind.evaluate_all("(all) => all.map((e) => e.checkVisibility())")
        assert seen and not any(seen)


# --- sliders --------------------------------------------------------------------------------------------------


def test_most_chapters_have_something_to_move_and_some_have_something_to_explore():
    chapters = {name for name in CHAPTERS if re.match(r"chapters/\d", name)}
    assert 2 * len(chapters & set(MOVING)) >= len(chapters)
    assert EXPLORED or not PAGES


@of(SCRUBBED[:1], *as_files(SCRUBBED[:1]))
def test_a_scrubber_scrubs_by_mouse_and_by_keyboard(page):
    # the longest, so that it still plays when it is told to pause
    frames = page.locator("[data-scrub] input").evaluate_all("(all) => all.map((e) => +e.max)")
    scrubber = page.locator("[data-scrub]").nth(frames.index(max(frames)))
    slider, image, button = (scrubber.locator(part) for part in ("input", "img", "button"))

    def shown():
        return image.get_attribute("src"), image.get_attribute("alt")

    slider.focus()
    page.keyboard.press("End")
    last = shown()
    page.keyboard.press("Home")
    first = shown()
    assert first[0] != last[0] and first[1] != last[1], "each frame has a picture and a description of its own"
    assert slider.get_attribute("aria-valuetext") in first[1]
    page.keyboard.press("End")
    assert shown() == last

    button.click()  # plays from the beginning, since it stands at the end
    page.wait_for_function("([image, src]) => image.src === src", arg=[image.element_handle(), first[0]])
    page.wait_for_function("([image, src]) => image.src !== src", arg=[image.element_handle(), first[0]])
    assert button.inner_text() == "Pause"
    button.click()
    assert button.inner_text() == "Play"


EXPLORER = """(root) => {
  const said = (e) => [e.getAttribute("aria-label"), e.getAttribute("aria-valuetext"), +e.value];
  const [sliders, outputs] = ["input", "output"].map((tag) => [...root.querySelectorAll(tag)]);
  const image = root.querySelector("img");
  return [image.getAttribute("src"), image.alt, sliders.map(said), outputs.map((e) => e.innerText)];
}"""


class Knobs:
    """An explorer on a page, and what its page promises."""

    def __init__(self, root):
        self.root, self.sliders = root, root.locator("input").all()
        script = root.locator("script").text_content()
        self.frames, self.names = constant(script, "frames"), constant(script, "names")
        self.stops, self.what = constant(script, "stops"), constant(script, "what")

    def assert_it_shows(self, at):
        """The frame of these stops, and everything that is said of it. Returns its picture and description."""
        said = [stops[k] for stops, k in zip(self.stops, at, strict=True)]
        frame = list(itertools.product(*self.stops)).index(tuple(said))
        words = [f"{name} {stop}" for name, stop in zip(self.names, said, strict=True)]
        src, alt, sliders, outputs = self.root.evaluate(EXPLORER)
        assert src == self.frames[frame]
        assert alt == ", ".join([self.what, *words])
        assert sliders == [list(each) for each in zip(self.names, said, at, strict=True)]
        assert outputs == said
        return src, alt

    def at(self):
        return [int(slider.input_value()) for slider in self.sliders]


def explorers(page):
    return [Knobs(root) for root in page.locator("[data-explore]").all()]


@of(EXPLORED, *as_files(EXPLORED))
def test_an_explorer_explores_by_keyboard(page):
    for knobs in explorers(page):
        start = knobs.at()
        knobs.assert_it_shows(start)
        for k, slider in enumerate(knobs.sliders):
            slider.focus()
            seen = {}
            for stop in range(len(knobs.stops[k])):
                page.keyboard.press("ArrowRight" if stop else "Home")
                src, alt = knobs.assert_it_shows([*start[:k], stop, *start[k + 1 :]])
                seen[alt] = src
            assert len(seen) == len(knobs.stops[k]) and len(set(seen.values())) > 1, "a slider that changes nothing"
            page.keyboard.press("Home")
            page.keyboard.press("End")
            knobs.assert_it_shows([*start[:k], len(knobs.stops[k]) - 1, *start[k + 1 :]])
            slider.fill(str(start[k]))


@of(EXPLORED, *as_files(EXPLORED))
def test_an_explorer_explores_by_mouse(page):
    for knobs in explorers(page):
        knobs.sliders[-1].evaluate("(e) => e.scrollIntoView({block: 'center'})")
        boxes = [slider.bounding_box() for slider in knobs.sliders]
        for corner in itertools.product([False, True], repeat=len(knobs.sliders)):
            for box, far in zip(boxes, corner, strict=True):
                page.mouse.click(box["x"] + (box["width"] - 3 if far else 3), box["y"] + box["height"] / 2)
            knobs.assert_it_shows([far * (len(stops) - 1) for stops, far in zip(knobs.stops, corner, strict=True)])


@of(holding("Quick question")[:1])
def test_a_question_answers(page):
    question = page.locator("p", has_text="Quick question").first
    options = question.locator("xpath=following-sibling::details")
    option = options.filter(has_text="Right.").first
    answer = option.locator("p").first
    assert not answer.is_visible()
    option.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.is_visible() and answer.inner_text().startswith("Right.")


# One element of each kind of text that no page before had: of those with the same colours, in themselves and behind
# them, and the same letters; and all kinds.
NEW_TEXTS = """(judged) => {
  const behind = new Map(), kinds = new Map();
  const below = (e) => {
    if (!e) return "";
    if (!behind.has(e)) {
      const {backgroundColor, backgroundImage, opacity, position} = getComputedStyle(e);
      const own = [backgroundColor, backgroundImage, opacity, position].join(" ");
      behind.set(e, below(e.parentElement) + (own === "rgba(0, 0, 0, 0) none 1 static" ? "" : `, ${own}`));
    }
    return behind.get(e);
  };
  const hasText = (e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  for (const e of document.body.querySelectorAll("*")) {
    if (!hasText(e) || !e.checkVisibility()) continue;
    const {color, fontSize, fontWeight, textDecorationLine, textShadow} = getComputedStyle(e);
    const around = getComputedStyle(e.parentElement).color; // what a link must differ from
    kinds.set([color, fontSize, fontWeight, textDecorationLine, textShadow, around, below(e)].join("; "), e);
  }
  judged = new Set(judged);
  const fresh = [...kinds].filter(([kind]) => !judged.has(kind)).map(([, e]) => e);
  return [fresh, [...kinds.keys()]];
}"""
JUDGED = {"light": set(), "dark": set()}
OF_COLOUR = ("color-contrast", "link-in-text-block")


def assert_nothing_grave(found):
    assert not [(rule, where) for rule, impact, where in found if impact in ("serious", "critical")]


@each_page
def test_a_page_can_be_read_without_eyes_or_mouse(page):
    lay_bare(page)
    assert_nothing_grave(violations(page, without=OF_COLOUR))


@each_page
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_its_colours_can_be_told_apart(page, mode):
    show_in(page, mode)
    lay_bare(page)
    judged = JUDGED[mode]
    fresh, kinds = page.evaluate_handle(NEW_TEXTS, [*judged]).get_properties().values()
    kinds = kinds.json_value()
    assert len(kinds) > 5
    if not judged.issuperset(kinds):
        assert_nothing_grave(violations(page, only=OF_COLOUR, among=fresh))
        judged.update(kinds)


# Time that passes only when told.
OWN_CLOCK = """() => {
  const timers = new Map();
  let now = 0, latest = 0;
  window.setInterval = (action, wait) => { timers.set(++latest, {action, wait, due: now + wait}); return latest; };
  window.clearInterval = (id) => timers.delete(id);
  window.wait = (milliseconds) => {
    const end = now + milliseconds;
    for (;;) {
      const next = [...timers.values()].sort((a, b) => a.due - b.due)[0];
      if (!next || next.due > end) break;
      now = next.due;
      next.due += next.wait;
      next.action();
    }
    now = end;
  };
}"""


# Play from the beginning for two frames, and pause: where the slider stands before and after each is due, and at last.
PLAY = """(root, pace) => {
  const button = root.querySelector("button"), slider = root.querySelector("input"), seen = [];
  slider.value = slider.max;
  button.click();
  for (const after of [0, pace - 1, 1, pace - 1, 1]) seen.push([wait(after), +slider.value][1]);
  button.click();
  wait(5000);
  return [...seen, +slider.value];
}"""
PLAY_ON = """(root) => {
  const button = root.querySelector("button"), slider = root.querySelector("input");
  button.click();
  wait(100 * 1500);
  return [button.textContent, slider.value === slider.max];
}"""


@of(SCRUBBED, *as_files(SCRUBBED))
def test_play_keeps_to_the_pace_that_the_reader_asked_for(page):
    """Last, since it leaves a clock that stands still."""
    page.evaluate(OWN_CLOCK)
    pace = 1500 if page.asked_for["reduced_motion"] == "reduce" else 400
    for scrubber in page.locator("[data-scrub]").all():
        assert scrubber.evaluate(PLAY, pace) == [0, 0, 1, 1, 2, 2]
        assert scrubber.evaluate(PLAY_ON) == ["Play", True], "it stops at the end"


# --- pages of their own ---------------------------------------------------------------------------------------


def test_the_first_screen_shows_the_picture(another, address):
    another.goto(f"{address}/index.html")
    another.wait_for_url("**/book/index.html")  # the root page leads on to it
    another.wait_for_load_state("load")
    box = another.locator("main img").first.bounding_box()
    assert box["y"] + box["height"] < DESKTOP["height"], "the picture is below the first screen"
    assert not another.trouble


def test_search_finds_the_gradient_penalty(another, address):
    open_page(another, f"{address}/search.html?q=gradient+penalty")
    another.wait_for_selector("#search-results ul.search li", timeout=10_000)
    another.wait_for_function("document.querySelector('#search-results p.search-summary').innerText.match(/[1-9]/)")
    assert "WGAN-GP" in another.locator("#search-results ul.search").inner_text()
    assert not another.trouble


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_reader_chooses_light_or_dark(another, address, mode):
    another.add_init_script(f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')")
    open_page(another, f"{address}/book/index.html")
    assert another.locator("html").get_attribute("data-theme") == mode
    assert not another.trouble


def test_a_guard_that_sees_nothing_would_prove_nothing(another, address):
    another.goto(f"{address}/book/index.html")
    another.evaluate("fetch('http://192.0.2.1/').catch(() => 0); 0")
    another.evaluate("document.body.append(Object.assign(new Image(), {src: '/nowhere.png'}))")
    another.wait_for_timeout(500)
    assert any("192.0.2.1" in line for line in another.trouble) and any("404" in line for line in another.trouble)
