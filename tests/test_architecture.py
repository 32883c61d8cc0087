"""Imports run downward only, light things stay light, and the tree is what the README says."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the top of the house to its ground. A module may import what stands lower, or its neighbours
# on the same floor as long as no circle comes of it.
FLOORS = [
    floor.split()
    for floor in (
        "launch",
        "app.main",
        "app.api app.openai_api.* app.metrics_route app.pages.* app.auth.routes app.gate"
        " app.terminal app.users_command app.tune_command app.models_command"
        " app.model_arguments app.bench_command app.bench_arguments",
        "app.services app.preflight app.web.*",
        "app.chat app.conversations",
        "app.auth.* app.history"
        " app.inference.service app.inference.completion app.inference.asked"
        " app.inference.supervisor app.inference.preparation app.inference.jobs"
        " app.inference.tuning.idle app.inference.bench.*",
        "app.inference.engine_process app.inference.engine_worker app.inference.engines.*"
        " app.inference.load_errors app.inference.devices app.inference.installed"
        " app.inference.conversion.* app.inference.admission app.inference.orders"
        " app.inference.offers app.inference.tuning.*",
        "app.inference.tuning.changes app.inference.tuning.store"
        " app.inference.catalogue app.inference.prompt app.inference.streaming"
        " app.inference.tokenizing app.inference.text_cleaning app.inference.measurements"
        " app.inference.json_grammar app.inference.metrics app.inference.reasoning"
        " app.inference.manifest app.inference.model_config app.inference.offline app.tables"
        " app.database app.migrations.*",
        "app.inference.types app.inference.conversion.types app.inference.estimate"
        " app.inference.ebnf app.inference.number_grammar"
        " app.inference.quantities app.inference.memory app.inference.processors app.config",
        "app.errors app",
    )
]

FORBIDDEN = {
    "app.inference": ("fastapi", "gradio", "sqlalchemy", "app.auth", "app.pages", "app.web"),
    "app.pages": ("sqlalchemy", "openvino", "openvino_genai"),
}


def modules() -> dict[str, Path]:
    paths = [ROOT / "launch.py", *sorted((ROOT / "app").rglob("*.py"))]
    return {_name(path): path for path in paths if "versions" not in path.parts}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            known = modules()
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module


@cache
def floor(name: str) -> int:
    exact = [i for i, patterns in enumerate(FLOORS) if name in patterns]
    matching = [i for i, ps in enumerate(FLOORS) if any(fnmatch(name, p) for p in ps)]
    return (exact or matching or [-1])[0]


@pytest.mark.parametrize("name", modules())
def test_imports_run_downward(name: str) -> None:
    if modules()[name].name == "__init__.py":
        return  # the face of a package: it stands with its rooms
    assert floor(name) >= 0, f"{name} has no floor yet: place it in FLOORS"
    above = [i for i in imports(modules()[name]) if 0 <= floor(i) < floor(name)]
    assert not above, f"{name} imports from above: {above}"


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {n: {i for i in imports(p) if i in modules()} for n, p in modules().items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("package", FORBIDDEN)
def test_what_a_package_must_not_know(package: str) -> None:
    for name, path in modules().items():
        if name.startswith(package):
            for other in imports(path):
                bad = [f for f in FORBIDDEN[package] if other == f or other.startswith(f + ".")]
                assert not bad, f"{name} imports {other}"


def test_only_config_reads_the_environment() -> None:
    readers = [n for n, p in modules().items() if "os.environ" in p.read_text("utf-8")]
    readers += [n for n, p in modules().items() if "getenv" in p.read_text("utf-8")]
    # These set variables for libraries that read them at import; they read none themselves.
    assert set(readers) <= {"app.pages", "app.inference.offline"}


def test_the_web_process_imports_neither_torch_nor_optimum() -> None:
    heavy = ("torch", "optimum", "openvino", "openvino_genai", "nncf", "matplotlib")
    heavy += ("transformers",)  # which comes with the first model, when pages answer already
    code = f"import sys, app.main; print([m for m in {heavy} if m in sys.modules])"
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"


def test_refusing_on_the_command_line_needs_nothing_heavy() -> None:
    heavy = ("gradio", "fastapi", "sqlalchemy", "tokenizers", "openvino")
    code = f"import sys, launch; print([m for m in {heavy} if m in sys.modules])"
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"


def test_the_readme_names_every_module() -> None:
    tree = (ROOT / "README.md").read_text("utf-8").split("## The tree")[1].split("## ")[0]
    files = [path for path in modules().values() if path.name not in ("__init__.py", "env.py")]
    assert not [str(path) for path in files if f" {path.name}" not in tree.replace("\n", " ")]
