"""What a worker asks of Python: load implementations, workloads and paths.

Errors that the user can mend are SpecErrors, whose message is meant for the
user. All imports but sys wait until they are needed: a worker's start is
counted in milliseconds.
"""

import sys

VERSION = "%d.%d" % sys.version_info[:2]

_SUPPORT = __file__.rpartition("/")[0]

_functions = []     # handed out as implementations, to know them again
_imported = set()   # modules that have been loaded as an implementation
_folders = []       # of the files loaded so far
_numbers = iter(range(1, sys.maxsize))


class SpecError(Exception):
    """A file or module cannot be used so; the message is for the user."""


# Implementations and workloads ----------------------------------------------

def load_impl(spec):
    """Return (callable, shared) for an implementation.

    A file is executed anew for each load, a pure Python module from its second
    load on. `shared` tells that, in spite of that, the same function has been
    returned before: it is compiled, or imported by the file from elsewhere.
    """
    attribute = spec.get("attr") or "deepcopy"
    if spec["kind"] == "file":
        where = spec["path"]
        module = _load_file(where)
        advice = (f"define {attribute}(x, memo=None), "
                  "or name another attribute as FILE.py:ATTR")
    else:
        where = spec["module"]
        module = _load_module(where, again=where in _imported)
        _imported.add(where)
        advice = "name another attribute as MODULE:ATTR"
    function = _attribute(module, attribute, where, advice)
    if not callable(function):
        raise SpecError(f"{where}: {attribute!r} is not callable, but "
                        f"{_a_type(function)}: {advice}")
    key = getattr(function, "__func__", function)   # a bound method's
    key = getattr(key, "__code__", key)
    shared = any(key is other for other in _functions)
    _functions.append(key)
    return function, shared


def load_workload(spec):
    """Return the list of objects that one iteration copies."""
    kind = spec["kind"]
    if kind == "json":
        return [_load_json(spec["path"])]
    if kind == "pickle":
        return [_load_pickle(spec["path"])]
    attribute = spec.get("attr") or "workload"
    if kind == "file":
        where = spec["path"]
        module = _load_file(where)
    else:
        where = spec["module"]
        module = _load_module(where)
    advice = (f"define {attribute} as a list of the objects to copy, "
              "or as a function that returns one")
    objects = _attribute(module, attribute, where, advice)
    what = repr(attribute)
    if not isinstance(objects, (list, tuple)):
        if not callable(objects):
            raise SpecError(f"{where}: {what} is {_a_type(objects)}: {advice}")
        objects = _call(objects, where, what)
        what += " returned"
        if not isinstance(objects, (list, tuple)):
            raise SpecError(f"{where}: {what} {_a_type(objects)}, not a list: "
                            "return a list of the objects to copy, "
                            "[object] where there is only one")
        what += " a list that"
    if not objects:
        raise SpecError(f"{where}: {what} is empty: there is nothing to copy")
    return list(objects)


def weigh(objects, limit):
    """Return about how many calls of deepcopy copy the objects, up to a limit.

    They are the references within each object, classes and code left out; a
    number that no clock has a part in.
    """
    import gc
    left_out = type, type(sys), type(weigh), type(weigh.__code__)
    weights = {}
    total = 0
    for x in objects:
        if id(x) not in weights:
            seen = {id(x): x}
            stack = [x]
            weight = 1
            while stack and weight < limit:
                for part in gc.get_referents(stack.pop()):
                    if isinstance(part, left_out):
                        continue
                    weight += 1
                    if id(part) not in seen:
                        seen[id(part)] = part
                        stack.append(part)
            weights[id(x)] = weight
        total += weights[id(x)]
        if total >= limit:
            return limit
    return total


def ignore_listings():
    """Have modules found by asking for each file by its name.

    The interpreter lists a folder and keeps the names, whatever files they are
    of: a __pycache__ more or less would move what is put on the heap later.
    """
    from _frozen_importlib_external import (
        BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES,
        ExtensionFileLoader, FileFinder, SourceFileLoader,
        SourcelessFileLoader)

    class Everything:
        def __contains__(self, name):
            return True

    class Finder(FileFinder):
        def _fill_cache(self):
            self._path_cache = Everything()

    hook = Finder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES),
                            (SourceFileLoader, SOURCE_SUFFIXES),
                            (SourcelessFileLoader, BYTECODE_SUFFIXES))
    sys.path_hooks[:] = [
        other for other in sys.path_hooks
        if "FileFinder" not in getattr(other, "__qualname__", "")]
    sys.path_hooks.append(hook)
    sys.path_importer_cache.clear()


def _call(function, where, what):
    try:
        return function()
    except KeyboardInterrupt:
        raise
    except TypeError as error:
        if error.__traceback__.tb_next is None:     # the call did not begin
            raise SpecError(f"{where}: {what} cannot be called without "
                            f"arguments ({_text(error)}): give each of its "
                            "parameters a default, or none at all") from None
        raise _explain(error, where, f"by {what}") from error
    except BaseException as error:
        raise _explain(error, where, f"by {what}") from error


def _attribute(module, dotted, where, advice):
    found = module
    for name in dotted.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise SpecError(
                f"{where} defines no {dotted!r}: {advice}") from None
        except Exception as error:      # a module's own __getattr__
            raise _explain(error, where, f"asking for {dotted!r}") from error
    return found


def _load_file(path):
    """Execute a file as a new module, whose folder is importable meanwhile."""
    source = _read(path)
    _offer_support()
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise SpecError(f"{path}{line}: {type(error).__name__}: {error.msg}, "
                        f"says Python {VERSION}") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise SpecError(f"{path}: not a Python source file: {_text(error)}"
                        ) from None
    folder, _, stem = path.rpartition("/")
    stem = stem.rpartition(".")[0] or stem
    name = f"_dcbench_{next(_numbers)}_{stem.replace('.', '_')}"
    module = type(sys)(name)
    module.__file__ = path
    _enter_folder(folder or "/")
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise _explain(error, path, "while the file was loaded"
                       + _package_advice(error)) from error
    finally:
        _leave_folder(folder or "/")
    return module


def _package_advice(error):
    """Return what to do about a relative import, which a file alone has not.

    The exception has no type of its own: its text is all that tells it.
    """
    if (isinstance(error, ImportError)
            and str(error).startswith("attempted relative import")):
        return (": this file belongs to a package: say --python-path DIR, the "
                "folder that the package is in, and MODULE:ATTR for the file")
    return ""


def _load_module(name, again=False):
    _offer_support()
    try:
        __import__(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name
        if missing and (name + ".").startswith(missing + "."):
            raise SpecError(
                f"no module named {missing!r} for Python {VERSION}: install "
                "it there, or say --venv DIR or --python-path DIR") from None
        raise _explain(error, None, f"while {name!r} was imported") from error
    module = sys.modules[name]
    return _second_instance(module) or module if again else module


def _second_instance(module):
    """Return a new instance of a module that is Python source, else None."""
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import SourceFileLoader
    spec = getattr(module, "__spec__", None)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return None
    try:
        second = module_from_spec(spec)
        spec.loader.exec_module(second)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _explain(error, spec.origin, "while the module was loaded a "
                       "second time") from error
    return second


def _offer_support():
    """Make private_copy importable, behind whatever else is on sys.path."""
    if _SUPPORT not in sys.path:
        sys.path.append(_SUPPORT)


def _enter_folder(folder):
    """Put a file's folder in front of sys.path, as Python does for a script.

    What earlier files have imported out of other folders is forgotten: two
    versions of a file each get the helper module that lies beside them.
    """
    sys.path.insert(0, folder)
    if folder not in _folders:
        _folders.append(folder)
    tops = {}
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top not in tops:
            path = getattr(sys.modules.get(top), "__file__", None) or ""
            tops[top] = not top.startswith("_dcbench_") and any(
                path in (f"{other}/{top}.py", f"{other}/{top}/__init__.py")
                for other in _folders if other not in (folder, _SUPPORT))
        if tops[top]:
            del sys.modules[name]


def _leave_folder(folder):
    """Leave the folder importable, but behind everything else.

    A file there with the name of a library module would otherwise come into
    the way of the worker's own imports.
    """
    if folder in sys.path:
        sys.path.remove(folder)
    if folder not in sys.path:
        sys.path.append(folder)


# Data files ------------------------------------------------------------------

def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or _text(error)}") from None


def _load_json(path):
    import json
    try:
        return json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise SpecError(f"{path}:{error.lineno}:{error.colno}: not valid "
                        f"JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: byte {error.start} is not {error.encoding} "
                        "text: JSON files are UTF-8") from None
    except RecursionError:
        raise SpecError(f"{path}: nested too deeply to be read") from None
    except ValueError as error:     # a number of too many digits
        raise SpecError(f"{path}: {_text(error)}") from None


def _load_pickle(path):
    import pickle
    data = _read(path)
    _offer_support()
    try:
        return pickle.loads(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        advice = ""
        if isinstance(error, (ImportError, AttributeError)):
            advice = (": the classes in it must be importable: say --venv DIR "
                      "or --python-path DIR, and keep them out of __main__")
        raise SpecError(f"{path}: cannot be unpickled: "
                        f"{type(error).__name__}: {_text(error)}{advice}"
                        ) from error


# Messages --------------------------------------------------------------------

def _a_type(value):
    name = type(value).__name__
    if value is None:
        return "None"
    return f"an {name}" if name[:1] in "aeiouAEIOU" else f"a {name}"


def _text(error):
    """Return an exception's message on one line, whatever it is."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return text[:500] or "no message"


def _explain(error, path, when):
    """Return the SpecError for an exception in the user's own code.

    It names the innermost line in the file at `path`; where the exception did
    not pass there, or there is no such file, the innermost line of all that is
    neither in this file nor in the import system.
    """
    place = anywhere = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file == path:
            place = f"{file}:{trace.tb_lineno}"
        elif file != __file__ and not file.startswith("<frozen "):
            anywhere = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        anywhere = anywhere or f"{error.filename}:{error.lineno}"
    place = place or anywhere or path
    start = f"{place}: " if place else ""
    return SpecError(f"{start}{type(error).__name__}: {_text(error)}, {when}")


# Paths -----------------------------------------------------------------------

def add_paths(paths, venv=None, with_site=False):
    """Extend sys.path: by directories, by a venv, by the system's packages."""
    for path in paths:
        import os
        if not os.path.exists(path):
            raise SpecError(f"{path}: no such directory (--python-path)")
    sys.path[:0] = paths
    if venv:
        with_site |= _add_venv(venv)
    if with_site:
        import os
        import site
        for path in site.getsitepackages():
            if os.path.isdir(path):
                site.addsitedir(path)


def _add_venv(venv):
    """Add a venv's packages; return whether it includes the system's."""
    import os
    import site
    settings = {}
    try:
        with open(f"{venv}/pyvenv.cfg", "rb") as file:
            for line in file.read().decode("utf-8", "replace").splitlines():
                key, _, value = line.partition("=")
                settings[key.strip().lower()] = value.strip()
    except OSError:
        raise SpecError(f"{venv}: not a virtual environment, it has no "
                        "readable pyvenv.cfg (--venv)") from None
    version = settings.get("version", settings.get("version_info", VERSION))
    theirs = ".".join(version.split(".")[:2])
    if theirs != VERSION:
        raise SpecError(
            f"{venv}: is for Python {theirs}, not for {VERSION}: name a venv "
            f"of Python {VERSION}, or say --python {theirs}")
    threads = "t" if "t" in sys.abiflags else ""
    packages = f"python{VERSION}{threads}/site-packages"
    found = [path for path in (f"{venv}/lib/{packages}",
                               f"{venv}/lib64/{packages}")
             if os.path.isdir(path)]
    if not found:
        raise SpecError(f"{venv}: has no lib/{packages} (--venv)")
    if len(found) == 2 and os.path.samefile(*found):
        del found[1]
    for path in found:
        site.addsitedir(path)
    return settings.get("include-system-site-packages", "").lower() == "true"


# Provenance ------------------------------------------------------------------

def source_info(spec):
    """Return path and SHA-256 of what a spec names; None for what has none."""
    path = spec.get("path")
    if spec["kind"] == "module":
        path = _module_path(spec["module"])
    return {"path": path, "sha256": _digest(path)}


def _module_path(name):
    from importlib.util import find_spec
    try:
        spec = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return spec.origin if spec is not None and spec.has_location else None


def _digest(path):
    from hashlib import sha256
    try:
        return sha256(_read(path)).hexdigest() if path else None
    except SpecError:
        return None


def interpreter_info():
    """Describe the interpreter, as plain values."""
    _offer_support()
    from private_copy import find_copy
    copy_path = find_copy().origin
    enabled = getattr(sys, "_is_gil_enabled", None)
    jit = getattr(getattr(sys, "_jit", None), "is_enabled", None)
    start, bracket, compiler = sys.version.rpartition("[")
    return {
        "version": sys.version.split()[0],
        "build": sys.version,
        "implementation": sys.implementation.name,
        "executable": sys.executable or None,
        "prefix": sys.base_prefix,
        "compiler": compiler.rstrip("]") if bracket else None,
        "copy_path": copy_path,
        "copy_sha256": _digest(copy_path),
        "gil": enabled() if enabled else True,
        "jit": jit() if jit else False,
        "debug": hasattr(sys, "gettotalrefcount"),
    }
