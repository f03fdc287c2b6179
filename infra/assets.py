"""What is in the zip that every Lambda runs, and how is it made without Docker?

Our packages, one policy bundle and the locked dependencies, with bytecode where the right Python is
at hand. A result is kept below build/ under the digest of everything that went into it, so that
nothing is made twice. `python -m infra.assets host DIR` writes the same as a folder.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform as machine
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra import interpreters
from infra.dependencies import install, prune
from infra.errors import AssetError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOCK = ROOT / "requirements-lambda.lock"
PACKAGES = ("handlers", "trimtab")
LEFT_OUT = (Path("trimtab/local"), Path("trimtab/cli"), Path("trimtab/__main__.py"))
"""Parts of the packages that only a laptop runs."""
POLICIES = "policies"
"""Where the bundle is inside the zip, whatever its folder was called."""
RECIPE = ("assets.py", "dependencies.py", "interpreters.py")
DAY_S = 24 * 3600
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can hold: equal contents give equal bytes."""

__all__ = ["AssetError", "Code", "build", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A zip, and the digest of what it was made of."""

    path: Path
    digest: str


def prepare(platform: str, *, bundle: Path) -> Code:
    """Return the zip for this platform, made now or earlier.

    Raises: AssetError when something it needs is missing or cannot be installed.
    """
    compiler = interpreters.compiler_for(platform)
    layer = _layer(platform, compiler)
    sources = dict(_sources(bundle))
    digest = _digest(layer.digest, *(f"{name}\0{_digest(path)}" for name, path in sources.items()))
    code = Code(path=BUILD / f"code-{platform}-{digest[:16]}.zip", digest=digest)
    if not code.path.exists():
        with tempfile.TemporaryDirectory(dir=_made(BUILD)) as scratch:
            folder = Path(scratch, "code")
            for name, path in sources.items():
                shutil.copyfile(path, _made((folder / name).parent) / path.name)
            interpreters.compile_folder(folder, compiler)
            half = Path(scratch, "code.zip")
            shutil.copyfile(layer.path, half)
            _pack(folder, half)
            os.replace(half, code.path)
        _forget_others(code.path)
    return code


def build(output: Path, *, platform: str, bundle: Path) -> None:
    """Write what the zip holds to a folder, which is emptied first."""
    code = prepare(platform, bundle=bundle)
    shutil.rmtree(output, ignore_errors=True)
    with zipfile.ZipFile(code.path) as archive:
        archive.extractall(output)


def _layer(platform: str, compiler: Path | None) -> Code:
    """Return the zip of the dependencies alone, made now or earlier."""
    recipe = [_digest(ROOT / "infra" / name) for name in RECIPE]
    target = platform if platform == "lambda" else f"host {machine.platform()} {sys.version}"
    bytecode = "none" if compiler is None else interpreters.version_of(compiler)
    digest = _digest(LOCK, *recipe, target, str(bytecode))
    layer = Code(path=BUILD / f"layer-{platform}-{digest[:16]}.zip", digest=digest)
    if not layer.path.exists():
        with tempfile.TemporaryDirectory(dir=_made(BUILD)) as scratch:
            folder = Path(scratch, "layer")
            install(LOCK, folder, platform=platform)
            prune(folder)
            interpreters.compile_folder(folder, compiler)
            half = Path(scratch, "layer.zip")
            _pack(folder, half)
            os.replace(half, layer.path)
        _forget_others(layer.path)
    return layer


def _sources(bundle: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name in the zip, file) of our own parts, in a fixed order."""
    for package in PACKAGES:
        if not (ROOT / package).is_dir():
            raise AssetError(f"{package}/ is missing: nothing can be deployed without it")
        for path in sorted((ROOT / package).rglob("*")):
            name = path.relative_to(ROOT)
            hidden = "__pycache__" in name.parts or path.suffix == ".pyc"
            if path.is_file() and not hidden and not any(map(name.is_relative_to, LEFT_OUT)):
                yield name.as_posix(), path
    policies = sorted(path for path in bundle.rglob("*") if path.suffix in (".yaml", ".yml"))
    if not policies:
        raise AssetError(f"{bundle} holds no policy file: name the bundle with -c bundle=FOLDER")
    for path in policies:
        yield f"{POLICIES}/{path.relative_to(bundle).as_posix()}", path


def _pack(folder: Path, archive: Path) -> None:
    """Add all files below the folder to a zip."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                zipped.writestr(entry, path.read_bytes())


def _forget_others(kept: Path) -> None:
    """Remove zips of the same kind over a day old: another synth may still use a new one."""
    kind = kept.stem.rpartition("-")[0]
    for path in BUILD.glob(f"{kind}-*.zip"):
        if path != kept and time.time() - path.stat().st_mtime > DAY_S:
            path.unlink(missing_ok=True)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(*parts: str | Path) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


def main() -> int:
    """Write the folder and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.assets", description=__doc__)
    parser.add_argument("platform", choices=("lambda", "host"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bundle", type=Path, default=ROOT / "policies")
    arguments = parser.parse_args()
    try:
        build(arguments.folder, platform=arguments.platform, bundle=arguments.bundle)
    except AssetError as error:
        sys.stderr.write(f"assets: {error}\n")
        return 1
    sys.stdout.write(f"assets: {arguments.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
