"""Private, editable instances of the interpreter's own `copy` module.

A variant of deepcopy is the standard one with a few statements changed. Its
file names those statements, and nothing else:

    source = CopySource(__file__)
    source.move_to_start("deepcopy", "cls = type(x)")
    source.insert_after("deepcopy", "cls = type(x)", '''
        if cls is int:
            return x
        ''')
    deepcopy = source.load().deepcopy

The text of `copy` is read once per process; each load compiles it again, so
that no two instances share code objects (CPython 3.11 and later keep what the
interpreter has learnt about an instruction in the code object). Instances
never enter sys.modules.
"""

import encodings
import sys

from _frozen_importlib import module_from_spec
from _frozen_importlib_external import PathFinder

_cache = []


class EditError(LookupError):
    """An edit names a statement that this version of `copy` does not have."""


def find_copy():
    """Return the spec of the standard library's `copy`.

    The search is confined to the directory the interpreter has loaded its
    codecs from: a copy.py of somebody else on sys.path is not found.
    """
    stdlib = encodings.__path__[0].rpartition("/")[0]
    spec = PathFinder.find_spec("copy", [stdlib])
    if spec is None or not spec.has_location or spec.origin.endswith(".pyc"):
        raise EditError(f"no source of the copy module in {stdlib}")
    return spec


def load_unchanged():
    """Return a fresh `copy` module as an import would have made it.

    Unlike CopySource.load() this takes the cached byte code: quicker, but not
    the way in which the arms of a comparison are loaded.
    """
    spec = find_copy()
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CopySource:
    """The source text of `copy`, to be edited and then loaded.

    A statement is given as it stands in the source, one line or several; its
    indentation and that of what replaces it follow the place where it stands.
    It must be there exactly once in the named top-level function.
    """

    def __init__(self, variant):
        """Start from the unchanged source; `variant` is the caller's file."""
        if not _cache:
            spec = find_copy()
            text = spec.loader.get_data(spec.origin).decode("utf-8")
            _cache.append((spec.origin, text))
        self.path, text = _cache[0]
        self._name = self.path
        self._edited_name = (
            f"{self.path}, edited by {variant.rpartition('/')[2]}")
        self._lines = text.splitlines()

    def defines(self, name):
        """Tell whether the module defines `name` at its top level."""
        starts = (f"def {name}(", f"class {name}(", f"class {name}:",
                  f"{name} =")
        return any(line.startswith(starts) for line in self._lines)

    def append(self, text):
        """Add statements at the end of the module."""
        self._splice(len(self._lines), 0, "", text)

    def replace(self, function, statement, text):
        """Put other statements in the place of one."""
        self._splice(*self._find(function, statement), text)

    def insert_after(self, function, statement, text):
        """Add statements after one, on its level."""
        at, count, indent = self._find(function, statement)
        self._splice(at + count, 0, indent, text)

    def insert_at_start(self, function, text):
        """Add statements at the start of a function, after its docstring."""
        at, end = self._bounds(function)
        while not self._lines[at].endswith(":"):    # the parameters
            at += 1
        at += 1
        indent = _indent(self._lines[at])
        if self._lines[at].startswith(indent + '"""'):
            while not self._lines[at].endswith('"""') and at < end:
                at += 1
            at += 1
        self._splice(at, 0, indent, text)

    def move_to_start(self, function, *statements):
        """Move statements, in this order, to the start of their function."""
        for statement in statements:
            self._splice(*self._find(function, statement), "")
        self.insert_at_start(function, "\n".join(statements))

    def load(self):
        """Return a new module made from the text as it is now."""
        module = type(sys)("copy")
        module.__file__ = self.path
        module.__loader__ = self    # what a traceback asks for the lines
        text = self.get_source()
        code = compile(text, self._name, "exec", dont_inherit=True)
        exec(code, module.__dict__)
        return module

    def get_source(self, name=None):
        """Return the text as it is now (also for linecache)."""
        return "\n".join(self._lines) + "\n"

    def _bounds(self, function):
        """Return where a top-level function begins and where it has ended."""
        lines = self._lines
        for start, line in enumerate(lines):
            if line.startswith(f"def {function}("):
                break
        else:
            raise self._error(f"no function {function}()")
        end = start + 1
        while end < len(lines) and lines[end][:1] in ("", " ", ")"):
            end += 1
        return start, end

    def _find(self, function, statement):
        """Return where a statement stands: line, number of lines, indent."""
        wanted = _dedent(statement)
        start, end = self._bounds(function)
        found = []
        for at in range(start, end):
            if self._lines[at].endswith(wanted[0]):
                indent = _indent(self._lines[at])
                here = self._lines[at:at + len(wanted)]
                if here == [indent + line if line else "" for line in wanted]:
                    found.append((at, len(wanted), indent))
        if len(found) != 1:
            raise self._error(
                f"{len(found)} statements {statement.strip()!r} in "
                f"{function}(), where one is to be edited")
        return found[0]

    def _splice(self, at, count, indent, text):
        self._lines[at:at + count] = [
            indent + line if line else "" for line in _dedent(text)]
        self._name = self._edited_name

    def _error(self, what):
        version = "%d.%d.%d" % sys.version_info[:3]
        return EditError(f"{what}: {self._edited_name} (Python {version})")


def _indent(line):
    return line[:len(line) - len(line.lstrip())]


def _dedent(text):
    """Return the lines of a text without the indentation of the first."""
    if not text.strip():
        return []
    lines = text.strip("\n").rstrip().split("\n")
    indent = _indent(lines[0])
    return [line[len(indent):].rstrip() for line in lines]
