"""Pages that are made from code have all of it, and those in Markdown link to what is there."""

import importlib.util
import re
from pathlib import Path

import pytest

from analysis.registry.every import MEASURES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAGES = sorted([*NOTEBOOKS.glob("*.md"), *NOTEBOOKS.glob("reference/*.md")])


@pytest.fixture(scope="module")
def from_code():
    spec = importlib.util.spec_from_file_location("from_code", NOTEBOOKS / "from_code.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogue_has_every_measure_with_its_range(from_code):
    catalogue = from_code.measures()
    for name, measure in MEASURES.items():
        entry = catalogue.split(f"### {name}\n")[1].split("\n### ")[0]
        assert f"`{measure.span}`" in entry


@pytest.mark.parametrize("package", ["analysis", "analysis.figures", "dynamics", "trainers"])
def test_the_reference_has_every_public_name_once(from_code, package):
    names = re.findall(r"^\.\. (?:auto\w+|py:data):: (\w+)$", from_code.reference(package), re.M)
    assert sorted(names) == sorted(importlib.import_module(package).__all__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_pages_lead_to_files(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
