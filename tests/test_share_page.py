"""What a shared link shows, and what a search engine says of a page."""

import pathlib
from types import SimpleNamespace

import pytest
from browsing import skip
from bs4 import BeautifulSoup
from docutils import nodes

import share_page

HTML = pathlib.Path(__file__).resolve().parent.parent / "book" / "_build" / "html"
GITHUB = {"GITHUB_REPOSITORY": "Some-One/the.book"}


def page(*paragraphs):
    tree = nodes.section()
    for parts in paragraphs:
        tree += nodes.paragraph("", "", *parts)
    return tree


@pytest.mark.parametrize(
    "baseurl, environ, wanted",
    [
        ("", {}, ""),
        ("", GITHUB, "https://some-one.github.io/the.book/"),
        ("", GITHUB | {"CODESPACES": "true"}, ""),
        ("https://book.example", GITHUB, "https://book.example/"),
        ("https://book.example/gan/", {}, "https://book.example/gan/"),
    ],
)
def test_the_address_is_the_one_that_is_named_or_that_of_githubs_pages(baseurl, environ, wanted):
    assert share_page.address(SimpleNamespace(html_baseurl=baseurl), environ) == wanted


def test_a_description_is_the_first_sentences_in_plain_words():
    anchor, formula = nodes.raw("", '<span id="a"></span>', format="html"), nodes.math("", "x^2")
    before = nodes.Text("A first sentence\nof more than forty characters. Then ")
    assert share_page.description(page([nodes.Text("Take "), formula], [anchor, before, formula])) == (
        "A first sentence of more than forty characters."
    )
    long = share_page.description(page([nodes.Text("word " * 100)]))
    assert len(long) <= share_page.LONGEST + 4 and long.endswith("word ...")
    assert share_page.description(page([nodes.Text("Take "), formula])) == ""


def test_what_a_page_says_is_a_text_and_no_markup():
    lines = share_page.tags("a/b", 'R1 & "R2"', 'Is <b> "bold"?', "https://x.example/", "The book")
    head = BeautifulSoup(lines, "html.parser")
    found = {each.get("property") or each["name"]: each["content"] for each in head.find_all("meta")}
    assert found["description"] == found["og:description"] == 'Is <b> "bold"?' and found["og:title"] == 'R1 & "R2"'
    assert found["og:url"] == "https://x.example/a/b.html"
    assert found["og:image"] == "https://x.example/" + share_page.PICTURE
    assert (HTML.parent.parent / share_page.PICTURE).exists()


def test_without_an_address_there_is_a_description_and_nothing_that_needs_one():
    assert share_page.tags("a", "T", "Words.", "", "B") == '\n<meta name="description" content="Words." />'
    assert share_page.tags("a", "T", "", "", "B") == ""


@pytest.mark.html
def test_every_page_has_one_description():
    if not (HTML / "index.html").exists():
        skip("the book is not built: make book")
    for path in [*(HTML / "book").glob("*.html"), *(HTML / "chapters").glob("*.html")]:
        head = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").head
        (found,) = head.find_all("meta", attrs={"name": "description"})
        assert len(found["content"]) > 40 and "<" not in found["content"], path.name
