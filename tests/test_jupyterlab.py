"""A scrubber, an explorer and the critic lab in a real JupyterLab, with a kernel behind them."""

import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from browsing import skip
from playwright.sync_api import expect

import chromium
import execute
from fold import fold

ROOT = pathlib.Path(__file__).resolve().parent.parent
CELLS = (
    """from gancode import plots

def draw(height, colour):
    figure, ax = plots.new_figure(width=3.0, height=1.5)
    ax.bar([0], height, color=colour)
    ax.set_ylim(0, 4)
    return figure""",
    "plots.scrub([draw(h, 'black') for h in (1, 2, 3)], ['step 0', 'step 10', 'step 20'], alt='A bar')",
    "plots.explore(draw, {'height': [1.0, 2.0], 'colour': ['red', 'blue']}, alt='A bar')",
    "from gancode.lab import lab\n\nlab('vanish', width=16, batch_size=32)",
    "# @title Two checks\nfrom gancode import check\n\ncheck('one', True)\ncheck('two', True)",
    "'the last cell'",
)
STORED = '<details class="checks"><summary>✓ 1 check holds</summary><ul><li>it is stored</li></ul></details>'
# JupyterLab asks whether it may fetch news; nobody is there to answer.
QUIET = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
# Asked before there is a kernel, it would want to know which.
RUN_ALL = """async () => {
  await jupyterapp.shell.currentWidget.sessionContext.ready;
  await jupyterapp.commands.execute("notebook:run-all-cells");
}"""
OWN = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "run",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a notebook in a JupyterLab that has no settings, no workspace and no other file."""
    if not chromium.find():
        skip(chromium.NONE)
    home = tmp_path_factory.mktemp("lab")
    (home / "files").mkdir()
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": execute.KERNEL})
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(fold(notebook), home / "files" / "try.ipynb")
    stored = nbformat.v4.new_output("display_data", {"text/html": STORED, "text/plain": "✓ it is stored"})
    notebook.cells = [nbformat.v4.new_code_cell("check('it is stored', True)", outputs=[stored])]
    nbformat.write(notebook, home / "files" / "of_a_stranger.ipynb")
    (home / "config" / "labconfig").mkdir(parents=True)
    (home / "config" / "labconfig" / "page_config.json").write_text(json.dumps(QUIET))
    token = secrets.token_hex()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token}
    environment |= {name: str(home / folder) for name, folder in OWN.items()}
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--ServerApp.port=0"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={home / 'files'}"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield f"{address(process, home)}lab/tree/try.ipynb?token={token}"
        finally:
            process.send_signal(signal.SIGTERM)  # it ends its kernels
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def address(process, home):
    """Where the server listens, once it does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for file in (home / "run").glob("jpserver-*.json"):
            return json.loads(file.read_text())["url"]
        time.sleep(0.1)
    pytest.fail(f"JupyterLab does not start:\n{(home / 'log').read_text()}")


@pytest.fixture(scope="module")
def notebook(server):
    """The notebook, after all of its cells have run."""
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1300})
        page.set_default_timeout(60_000)
        page.goto(server)
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
        page.evaluate(RUN_ALL)
        page.locator(".jp-OutputArea-output", has_text="the last cell").wait_for()
        yield page


def active_cell(page):
    """The number of the cell that JupyterLab's keys act on."""
    cells = page.locator(".jp-Notebook .jp-Cell")
    return cells.evaluate_all("(all) => all.findIndex((cell) => cell.classList.contains('jp-mod-active'))")


def test_a_scrubber_scrubs_and_jupyterlab_leaves_it_the_arrow_keys(notebook):
    slider, image = notebook.locator("[data-scrub] input"), notebook.locator("[data-scrub] img")
    expect(slider).to_be_enabled()
    slider.focus()
    expect(image).to_have_attribute("alt", "A bar, step 0")
    for key, step in (("Home", 0), ("ArrowRight", 10), ("ArrowDown", 0), ("ArrowUp", 10), ("End", 20)):
        notebook.keyboard.press(key)
        expect(image).to_have_attribute("alt", f"A bar, step {step}")
        expect(slider).to_be_focused()
        assert active_cell(notebook) == 1, f"{key} went to JupyterLab"


def test_an_explorer_explores_and_jupyterlab_leaves_it_the_arrow_keys(notebook):
    image, (height, colour) = notebook.locator("[data-explore] img"), notebook.locator("[data-explore] input").all()
    expect(image).to_have_attribute("alt", "A bar, height 1, colour red")
    sources = {}
    steps = [(height, "ArrowRight", "2", "red"), (colour, "ArrowUp", "2", "blue"), (height, "Home", "1", "blue")]
    for slider, key, tall, hue in [*steps, (colour, "Home", "1", "red")]:
        slider.focus()
        notebook.keyboard.press(key)
        expect(image).to_have_attribute("alt", f"A bar, height {tall}, colour {hue}")
        expect(slider).to_be_focused()
        assert active_cell(notebook) == 2, f"{key} went to JupyterLab"
        sources[tall, hue] = image.get_attribute("src")
        assert image.evaluate("async (i) => { await i.decode(); return i.naturalWidth }") == 300
    assert len(set(sources.values())) == 4, "each setting has a picture of its own"


def test_checks_fold_and_open_by_the_keyboard_and_their_code_is_folded(notebook):
    cell = notebook.locator(".jp-CodeCell", has_text="2 checks hold")
    claims = cell.locator("li")
    assert claims.all_text_contents() == ["one", "two"] and not claims.first.is_visible()
    cell.locator("summary").focus()
    notebook.keyboard.press("Enter")
    expect(claims.first).to_be_visible()
    assert cell.locator(".jp-InputArea").count() == 0, "its code is a bar that opens"


def test_checks_fold_in_a_notebook_that_nobody_trusts(notebook, server):
    page = notebook.context.browser.new_page()
    page.goto(server.replace("try.ipynb", "of_a_stranger.ipynb"))
    claim, summary = page.locator("details.checks li"), page.locator("details.checks summary")
    expect(summary).to_have_text("✓ 1 check holds", timeout=60_000)
    expect(claim).to_be_hidden()
    summary.click()
    expect(claim).to_have_text("it is stored")
    expect(claim).to_be_visible()
    page.close()


def test_the_lab_opens_in_a_notebook_and_trains(notebook):
    frame = notebook.locator("iframe[title='The critic lab']")
    lab = frame.content_frame.locator("[data-critic-lab]")
    expect(lab).to_have_attribute("data-steps", "0")
    assert lab.locator("#lab-preset").input_value() == "vanish"
    expect(lab.locator("output[for=lab-width]")).to_have_text("16")
    high, seen = lab.evaluate("(lab) => [lab.offsetHeight, innerHeight]")
    assert abs(high - seen) <= 2, "the frame scrolls, or has room left over"

    lab.get_by_role("button", name="Step critic").click()
    expect(lab).to_have_attribute("data-steps", "1")
    expect(lab.locator("#lab-layers")).to_contain_text("It vanishes")
    lab.get_by_role("button", name="Play").focus()
    notebook.keyboard.press("Space")
    expect(lab).to_have_attribute("data-playing", "true")
    expect(lab).to_have_attribute("data-steps", re.compile(r"\d{2,}"))
    notebook.keyboard.press("Space")
    expect(lab).to_have_attribute("data-playing", "false")
    assert not lab.locator(".share").is_visible(), "here no address holds the state"


def test_the_lab_takes_on_jupyterlabs_mode(notebook):
    lab = notebook.locator("iframe[title='The critic lab']").content_frame.locator("[data-critic-lab]")
    expect(lab).to_have_css("background-color", "rgb(255, 255, 255)")
    notebook.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    expect(lab).to_have_css("background-color", "rgb(20, 24, 30)")
    notebook.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    expect(lab).to_have_css("background-color", "rgb(255, 255, 255)")
