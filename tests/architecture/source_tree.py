"""What Python source is there, and what does each module import?

Shared by the architecture tests. Reads text only; imports none of the code it looks at.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def module_name(path: Path) -> str:
    """Return the dotted name of a file given relative to the root."""
    parts = list(path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders, relative to the root; none for a missing one."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts)


def project_files() -> list[Path]:
    """Return every file that belongs to the project, committed or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = {Path(name) for name in listing.stdout.split("\0") if name}
    return sorted(path for path in paths if (ROOT / path).is_file())


def imports(source: str, *, module: str, is_package: bool) -> Iterator[str]:
    """Yield the dotted name of everything imported, wherever in the file.

    `from a import b` yields `a.b`: whether b is a module or a name in it, a is its owner.
    Relative imports are resolved. `import_module("a.b")` counts as well.
    """
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                up = package.split(".")
                base = ".".join(up[: len(up) - level + 1]) if level else ""
                start = ".".join(part for part in (base, origin) if part)
                yield from (f"{start}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
