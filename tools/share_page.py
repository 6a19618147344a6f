"""What a page says of itself to those who find it or share it: an extension of Sphinx.

Every page has a description, its first paragraph. Where the book has an address each has a picture, too, for a link to
it (Open Graph): that of the start page. A picture has to be named by its whole address, so elsewhere there is none.

The address is `baseurl` of `html` in _config.yml, or that of GitHub Pages in whose workflow the book is built.
"""

import html
import os
import re

from docutils import nodes

import source

PICTURE = "_static/emoji-clipped-penalised.png"
ALT = "Emoji, what a generator draws that a clipped critic taught, and what one draws that a penalised critic taught"
SHORTEST, LONGEST = 40, 200  # characters of a description


def setup(app):
    """What Sphinx calls for its extensions."""
    app.connect("html-page-context", _describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def address(config, environ=os.environ):
    """Where the book is published, with a slash at its end; "" if nobody knows."""
    if config.html_baseurl:
        return config.html_baseurl.rstrip("/") + "/"
    owner, _, name = source.in_workflow(environ).removeprefix("https://github.com/").partition("/")
    return f"https://{owner.lower()}.github.io/{name}/" if name else ""


def description(doctree):
    """The first sentences of a page, in plain words: its first paragraph that has some before its first formula."""
    aside = (nodes.sidebar, nodes.figure, nodes.table)
    for paragraph in doctree.findall(nodes.paragraph):
        if any(isinstance(each, aside) for each in _ancestors(paragraph)):
            continue
        text = ""
        for part in paragraph.findall():
            if isinstance(part, nodes.math):
                text = text[: max(text.rfind(end) for end in (". ", "? ", ": ")) + 1]  # the sentences before it
                break
            if isinstance(part, nodes.Text) and not isinstance(part.parent, nodes.raw):
                text += part.astext().replace("\n", " ")
        text = " ".join(text.split())
        if len(text) >= SHORTEST:
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
    return ""


def tags(page, title, text, site, book):
    """The lines of a page's head. site: what `address` says; book: its title."""
    found = {"description": text} if text else {}
    if site:
        found |= {"og:title": title, "og:site_name": book, "og:type": "website", "og:url": f"{site}{page}.html"}
        found |= {"og:description": text, "og:image": site + PICTURE, "og:image:alt": ALT}
        found["twitter:card"] = "summary_large_image"
    kind = {name: "property" if name.startswith("og:") else "name" for name in found}
    return "".join(f'\n<meta {kind[name]}="{name}" content="{html.escape(found[name])}" />' for name in found)


def _describe(app, page, template, context, doctree):
    if doctree is not None:  # a page with words of its own, not the index or the search
        title = html.unescape(re.sub("<[^>]*>", "", context["title"]))
        lines = tags(page, title, description(doctree), address(app.config), app.config.html_title)
        context["metatags"] = context.get("metatags", "") + lines


def _ancestors(node):
    while node.parent is not None:
        node = node.parent
        yield node
