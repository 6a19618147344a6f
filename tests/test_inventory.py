"""The inventory of the first edition is whole: every item has one row, and every row a place that there is to be."""

import collections
import re
import subprocess

import pytest

import inventory

REASONS = ("not true", "carries nothing", "one run only", "superseded", "said elsewhere", "off the question")
PLACE = re.compile(r"(stays|moves): (margin of )?([\w-]+)(?:#([\w-]+))?")
WITH_ADDRESS = ("page", "heading", "label", "term")

ROWS = inventory.rows()
PLACES = inventory.read("places")
PAGES = {place["page"].rpartition("/")[2]: place["page"] for place in PLACES}  # by the name that destinations use


def item(row):
    return inventory.Item(*(row[field] for field in inventory.Item._fields))


def address(row):
    return row["item"] if row["kind"] == "page" else f"{row['page']}.html#{row['item']}"


def is_a_place(page, place):
    return page in PAGES and (not place or any((p["page"], p["place"]) == (PAGES[page], place) for p in PLACES))


def wrong(row):
    """What is wrong with a row's destination, or "". A function of its own, so that it can be tried on bad rows."""
    destination = row["destination"]
    if not row["why"].strip():
        return "no reason"
    if destination == "moves: tests" or destination.removeprefix("goes: ") in REASONS:
        return ""
    found = PLACE.fullmatch(destination)
    if not found or not is_a_place(found[3], found[4]):
        return "no such place"
    if found[2]:
        return "" if found[1] == "moves" else "to the margin it moves"
    if (found[1] == "stays") != (PAGES[found[3]] == row["page"]):
        return "what stays is on its old page, and what moves on another"
    return ""


def test_the_tables_hold_every_item_of_the_first_edition_once():
    twice = [key for key, n in collections.Counter(item(row) for row in ROWS).items() if n > 1]
    assert not twice
    assert inventory.digest(item(row) for row in ROWS) == inventory.DIGEST  # needs no history


def test_the_items_are_those_of_its_commit():
    try:
        found = inventory.items()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no commit {inventory.COMMIT} here: a clone without its history")
    rows = {item(row) for row in ROWS}
    assert [some for some in found if some not in rows] == []  # in the first edition, and in no table
    assert rows == set(found)
    assert inventory.digest(found) == inventory.DIGEST


def test_a_lost_and_a_changed_row_are_noticed():
    all_of_them = [item(row) for row in ROWS]
    assert inventory.digest(reversed(all_of_them)) == inventory.DIGEST
    assert inventory.digest(all_of_them[1:]) != inventory.DIGEST
    assert inventory.digest([*all_of_them[1:], all_of_them[0]._replace(text="another")]) != inventory.DIGEST


def test_every_row_goes_to_a_place_that_there_is_to_be():
    assert [(row["page"], row["item"], row["destination"], wrong(row)) for row in ROWS if wrong(row)] == []


@pytest.mark.parametrize(
    "destination",
    [
        "",
        "stays",
        "stays: 02-lsgan#spring",
        "moves: 01-gan#opening",
        "moves: nowhere",
        "moves: 03-wgan#spring",
        "goes: tired",
    ],
)
def test_a_destination_that_is_none_is_noticed(destination):
    assert wrong({"page": "chapters/01-gan", "destination": destination, "why": "a reason"})


def test_a_row_without_a_reason_is_noticed():
    assert wrong({"page": "chapters/01-gan", "destination": "stays: 01-gan#opening", "why": " "}) == "no reason"


def test_nothing_of_what_the_reader_is_asked_is_dropped():
    asked = ("quick question", "what if", "play with it", "exercise", "break it", "proof", "lab question")
    assert [row for row in ROWS if row["kind"] in asked and row["destination"].startswith("goes")] == []


def test_every_place_has_one_claim_and_places_of_a_page_differ():
    assert len({(place["page"], place["place"]) for place in PLACES}) == len(PLACES)
    assert all(place["claim"] for place in PLACES)


def test_every_old_address_leads_to_a_page_and_to_a_place_or_an_old_id():
    leads = inventory.read("addresses")
    old = {address(row) for row in ROWS if row["kind"] in WITH_ADDRESS}
    assert sorted(row["old"] for row in leads) == sorted(old)

    ids = {row["item"] for row in ROWS if row["kind"] in WITH_ADDRESS}
    for row in leads:
        page, _, anchor = row["new"].partition("#")
        name = page.removesuffix(".html").rpartition("/")[2]
        assert f"{PAGES[name]}.html" == page
        assert anchor in ids or is_a_place(name, anchor), row
