import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {  # from the ground up: a room imports from the rooms before it, and from itself
    "analysis": (
        "checks store linalg statistics measures verdicts registry figures report commands __main__"
    ),
    "dynamics": "flows solvers theorems experiment figures commands __main__",
    "trainers": (
        "named options say randomness ranks device networks methods optimisation augmentation data "
        "config presets runs evaluation recording training commands __main__"
    ),
}


@cache
def trees():
    """Return the syntax of every module of ours by its dotted name."""
    files = [file for package in FLOORS for file in (ROOT / package).rglob("*.py")]
    parts = {file: file.relative_to(ROOT).with_suffix("").parts for file in files}
    return {
        ".".join(parts[file]).removesuffix(".__init__"): ast.parse(file.read_text(encoding="utf-8"))
        for file in files
    }


def imports(tree):
    """Yield (module, name or None, what it is called here) of every import of ours in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found = [(node.module, name.name, name.asname or name.name) for name in node.names]
        elif isinstance(node, ast.Import):
            found = [(name.name, None, name.asname or name.name) for name in node.names]
        else:
            continue
        yield from (one for one in found if one[0].split(".")[0] in FLOORS)


def upward(name, tree, floors):
    """Return the imports of a module that do not point down."""
    package, *rest = name.split(".")
    if not rest:  # the door of a package opens every room
        return []
    bad = []
    for module, what, _ in imports(tree):
        top, *room = module.split(".")
        if top != package:
            continue
        if not room and what in floors:
            room = [what]
        if not room or floors.index(room[0]) > floors.index(rest[0]):
            bad.append(f"{name} imports {module}.{what}")
    return bad


def private(name, tree, modules):
    """Return what a module takes from another one that has a leading underscore."""
    bad, aliases = [], {}
    for module, what, called in imports(tree):
        words = [*module.split("."), *([what] if what else [])]
        if module != name and any(w.startswith("_") and w != "__main__" for w in words):
            bad.append(f"{name} imports {'.'.join(words)}")
        if (whole := ".".join(words)) in modules:
            aliases[called] = whole
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or ast.unparse(node.value) not in aliases:
            continue
        if node.attr.startswith("_") and not node.attr.endswith("__"):
            bad.append(f"{name} reads {ast.unparse(node)}")
    return bad


def circles(modules):
    """Raise CycleError if modules import each other in a round, later ones and types' included."""
    order = TopologicalSorter()
    for name, tree in modules.items():
        for module, what, _ in imports(tree):
            whole = f"{module}.{what}"
            order.add(name, whole if whole in modules else module)
    order.prepare()


@pytest.mark.parametrize("package", FLOORS)
def test_imports_between_rooms_point_down(package):
    floors = FLOORS[package].split()
    rooms = {name.split(".")[1] for name in trees() if name.startswith(f"{package}.")}
    assert rooms == set(floors)
    ours = [name for name in trees() if name.split(".")[0] == package]
    assert not [bad for name in ours for bad in upward(name, trees()[name], floors)]


def test_no_modules_import_each_other_in_a_round():
    # The door of a package opens every room: what goes through it is for those outside.
    circles({name: tree for name, tree in trees().items() if name not in FLOORS})


def test_a_round_of_imports_is_found():
    first = ast.parse("def later():\n    from analysis.store.b import B")
    with pytest.raises(CycleError):
        circles(
            {"analysis.store.a": first, "analysis.store.b": ast.parse("import analysis.store.a")}
        )


def test_no_private_name_crosses_a_module():
    assert not [bad for name, tree in trees().items() for bad in private(name, tree, trees())]


@pytest.mark.parametrize(
    "line",
    [
        "from analysis.measures.summary import summarise",
        "import analysis.measures.summary",
        "from analysis import measures",
        "from analysis import alignment",
        "def later():\n    from analysis.figures import curves",
    ],
)
def test_an_import_upward_is_found(line):
    floors = FLOORS["analysis"].split()
    assert upward("analysis.store.reader", ast.parse(line), floors)
    assert not upward("analysis.commands.measure", ast.parse(line), floors) or "alignment" in line


@pytest.mark.parametrize(
    "text",
    [
        "from analysis.store.reader import _table",
        "from analysis.store import reader\nreader._table",
        "import analysis.store.reader\nanalysis.store.reader._table",
    ],
)
def test_a_private_name_is_found(text):
    assert private("analysis.report.page", ast.parse(text), trees())
    harmless = ast.parse(text.replace("_table", "savable"))
    assert not private("analysis.report.page", harmless, trees())
