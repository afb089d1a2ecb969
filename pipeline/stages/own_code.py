"""A user's code that a run loads by the name of a plug-in, said by what it holds."""

import ast
import hashlib
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pipeline

NOT_OWN = sys.stdlib_module_names | {pipeline.__name__}
LIBRARIES = ("site-packages", "dist-packages")
"""Folders where of all that lies side by side a plug-in's package alone is of its author."""


def own_code(plugin: type, target: str) -> dict[str, str]:
    """Hashes by names of modules: of that in which `target` names a plug-in's class, of those of
    the class and of what it extends, as far as they are neither this package's nor Python's; and of
    what these import from beside themselves, and so on. Sources are read and nothing is run, so
    names made at run time are not followed."""
    hashes: dict[str, str] = {}
    # A class may have another name where it is made, and one made at run time has no module.
    for module in (target.rpartition(".")[0], *(cls.__module__ for cls in plugin.__mro__)):
        source = getattr(sys.modules.get(module), "__file__", None)
        if source and _top(module) not in NOT_OWN:
            _gather(module, Path(source), hashes, _top(target))
    return dict(sorted(hashes.items()))


def _gather(name: str, source: Path, hashes: dict[str, str], own: str) -> None:
    """`own` is the package, or the module, that the plug-in is named in."""
    if name in hashes:
        return
    lies_in = next((place for place in (source, *source.parents) if place.is_file()), source)
    content = lies_in.read_bytes()
    hashes[name] = hashlib.sha256(content).hexdigest()
    if lies_in != source:  # an archive, and with it what is imported from there
        return
    is_package = source.name == "__init__.py"
    beside = source.absolute().parents[name.count(".") + is_package]
    if beside.name in LIBRARIES and _top(name) != own:
        return  # a library's class that is extended, and not all that it stands on
    for imported in _imports(content, name if is_package else name.rpartition(".")[0]):
        top = _top(imported)
        if top in NOT_OWN or (beside.name in LIBRARIES and top != _top(name)):
            continue
        place = beside.joinpath(*imported.split("."))
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                _gather(imported, file, hashes, own)
                break


def _imports(content: bytes, package: str) -> Iterator[str]:
    """Modules, and the packages they are in, that a source in `package` imports anywhere; with
    names of what may be no modules."""
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError):  # not Python, or none that anybody could import
        return
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            try:
                origin = resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:  # beyond the outermost package
                continue
            names = [f"{origin}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _top(name: str) -> str:
    return name.partition(".")[0]
