"""make install and what is installed."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import DCBENCH, TOP

GIVEN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DESTDIR", "prefix", "SANITIZE", "B",
         "WERROR", "CC", "CFLAGS", "PYTHONS", "DCBENCH")


def make(*args):
    """Runs make as from a fresh shell; without optimisation, which takes longest."""
    env = {k: v for k, v in os.environ.items() if k not in GIVEN}
    done = subprocess.run(["make", "-s", "-j2", "-C", TOP, "CFLAGS=-O0", *args], env=env,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr, done.stderr


def files(top):
    return sorted(str(path.relative_to(top)) for path in top.rglob("*")
                  if not path.is_dir())


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A build folder of its own: other folder variables make another program."""
    folder = tmp_path_factory.mktemp("install") / "build"
    yield f"B={folder}"
    shutil.rmtree(folder, ignore_errors=True)


def runs(dcbench, program, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    done = dcbench.quick("-i", "merged", "-w", "memo", program=program, cwd=elsewhere)
    assert "verdict" in done.out
    dcbench.quick("-i", "all", "-w", "reduce", program=program, cwd="/")


def test_usual_layout(dcbench, build, tmp_path):
    prefix = tmp_path / "usr"
    make(build, "install", f"prefix={prefix}")
    found = files(prefix)
    assert "bin/dcbench" in found
    assert [name for name in found if name.startswith("libexec/")]
    assert all(re.fullmatch(r"libexec/dcbench/dcbench-(worker-3\.\d+|malloc\.so)", name)
               for name in found if name.startswith("libexec/"))
    for kind in ("impls", "workloads", "support", "selftest"):
        ours = {path.name for path in (TOP / kind).glob("*.py")}
        theirs = {name.rpartition("/")[2] for name in found
                  if name.startswith(f"share/dcbench/{kind}/")}
        assert ours == theirs
    for name in ("share/man/man1/dcbench.1", "share/doc/dcbench/result.schema.json",
                 "share/bash-completion/completions/dcbench",
                 "share/zsh/site-functions/_dcbench",
                 "share/fish/vendor_completions.d/dcbench.fish"):
        assert name in found
    assert not [name for name in found if "__pycache__" in name or name.endswith(".pyc")]
    for name in found:
        mode = (prefix / name).stat().st_mode & 0o777
        program = (name.startswith(("bin/", "libexec/"))
                   and not name.endswith(".so"))
        assert mode == (0o755 if program else 0o644), name
        assert not (prefix / name).is_symlink(), name
    runs(dcbench, prefix / "bin/dcbench", tmp_path)
    assert files(prefix) == found, "a run leaves files in the installation"

    # A link on PATH, and the whole tree at another place.
    link = tmp_path / "link"
    link.symlink_to(prefix / "bin/dcbench")
    runs(dcbench, link, tmp_path)
    link.unlink()
    moved = tmp_path / "moved"
    prefix.rename(moved)
    runs(dcbench, moved / "bin/dcbench", tmp_path)
    moved.rename(prefix)

    make(build, "uninstall", f"prefix={prefix}")
    assert not prefix.exists()


def test_destdir(dcbench, build, tmp_path):
    """DESTDIR is where the files go, not where the program looks."""
    stage = tmp_path / "stage"
    make(build, "install", "prefix=/opt/dcb", f"DESTDIR={stage}")
    assert files(stage) and all(name.startswith("opt/dcb/") for name in files(stage))
    runs(dcbench, stage / "opt/dcb/bin/dcbench", tmp_path)
    for name in files(stage):
        content = (stage / name).read_bytes()
        assert os.fsencode(stage) not in content, f"{name} knows where it was staged"
    keep = stage / "opt/dcb/share/man/man1/other.1"
    keep.write_text("not ours")
    make(build, "uninstall", "prefix=/opt/dcb", f"DESTDIR={stage}")
    assert files(stage) == ["opt/dcb/share/man/man1/other.1"]


def test_unusual_folders(dcbench, build, tmp_path):
    top = tmp_path / "a b"
    folders = {"bindir": "tools", "libexecdir": "lib/x86/private",
               "datadir": "data files", "mandir": "manual", "docdir": "papers",
               "bashcompdir": "c/bash", "zshcompdir": "c/zsh", "fishcompdir": "c/fish"}
    args = [f"prefix={top}", *(f"{k}={top}/{v}" for k, v in folders.items())]
    make(build, "install", *args)
    found = files(top)
    assert {name.split("/")[0] for name in found} == \
        {"tools", "lib", "data files", "manual", "papers", "c"}
    assert "tools/dcbench" in found and "data files/dcbench/impls/merged.py" in found
    runs(dcbench, top / "tools/dcbench", tmp_path)
    make(build, "uninstall", *args)
    assert files(top) == []


def test_reinstall(dcbench, build, tmp_path):
    """Over an older version that had more files: they are gone, or do no harm."""
    prefix = tmp_path / "usr"
    make(build, "install", f"prefix={prefix}")
    before = files(prefix)
    make(build, "install", f"prefix={prefix}")
    assert files(prefix) == before
    runs(dcbench, prefix / "bin/dcbench", tmp_path)


# ---- what the programs need ----

def tool(*args):
    return subprocess.run(args, capture_output=True, text=True, check=True).stdout


def workers():
    found = list((DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*"))
    assert found
    return found


def test_controller_has_no_python():
    assert "libpython" not in tool("ldd", DCBENCH)
    symbols = tool("nm", "-D", DCBENCH)
    assert symbols and not re.search(r"\b_?Py[A-Z_]", symbols)


def test_worker_has_its_python_and_no_libpfm():
    for worker in workers():
        version = worker.name.rpartition("-")[2]
        libraries = tool("ldd", worker)
        assert "not found" not in libraries and "libpfm" not in libraries
        linked = re.findall(r"libpython(3\.\d+)", libraries)
        assert set(linked) <= {version}


def test_every_worker_can_be_chosen(dcbench):
    for worker in workers():
        version = worker.name.rpartition("-")[2]
        result = dcbench.result("--python", version, "-w", "memo")
        assert result["environment"]["python"]["version"].startswith(version + ".")


def test_newest_worker_is_the_default(dcbench):
    newest = max(int(worker.name.rpartition(".")[2]) for worker in workers())
    result = dcbench.result("-w", "memo")
    assert result["environment"]["python"]["version"].startswith(f"3.{newest}.")


def test_library_folder_missing(dcbench, tmp_path):
    top = tmp_path / "prefix"
    (top / "bin").mkdir(parents=True)
    shutil.copy2(DCBENCH, top / "bin/dcbench")
    done = dcbench("-w", "memo", program=top / "bin/dcbench", status=3)
    assert "installation is not whole" in done.err and "make install" in done.err
