"""An implementation from the package index, in a virtual environment."""

import os
import pathlib

import pytest

from conftest import DCBENCH

VENV = os.environ.get("DCBENCH_TEST_VENV", "")
needs_venv = pytest.mark.skipif(
    not VENV, reason="DCBENCH_TEST_VENV names no virtual environment with copium: the "
                     "package index could not be reached, or scripts/test did not run")

COPY = "import copy\ndef deepcopy(x, memo=None):\n    return copy.deepcopy(x, memo)\n"


def newest_worker():
    found = [worker.name.rpartition("-")[2] for worker in
             (DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*")]
    return max(found, key=lambda version: int(version.partition(".")[2]))


@needs_venv
def test_copium(dcbench):
    result = dcbench.result("--venv", VENV, "-i", "copium=copium:deepcopy,merged", "-w",
                            "memo", "--workers", "8")
    cell = result.cell("copium")
    assert cell["status"] == "ok"
    assert cell["ratio"]["estimate"] < 0.9      # it is written in C
    source = result["plan"]["implementations"][1]
    assert source["module"] == "copium"
    assert pathlib.Path(VENV).resolve() in pathlib.Path(source["path"]).parents


@needs_venv
def test_copium_on_everything(dcbench):
    result = dcbench.result("--venv", VENV, "-i", "copium=copium:deepcopy")
    assert {cell["status"] for cell in result["cells"]} == {"ok"}


@needs_venv
def test_copium_as_baseline(dcbench):
    """One module cannot be loaded twice: the control is the same code, and it is said."""
    result = dcbench.result("--venv", VENV, "-b", "copium=copium:deepcopy", "-i",
                            "stdlib", "-w", "memo")
    assert result.cell("stdlib")["ratio"]["estimate"] > 1
    assert any(cell["shares_code"] for cell in result.cells(impl="copium"))


@needs_venv
def test_without_the_venv_it_is_not_found(dcbench):
    result = dcbench.result("-i", "copium:deepcopy", "-w", "memo", status=3)
    assert "no module named 'copium'" in result.cell("copium:deepcopy")["status"]
    assert "--venv" in result.cell("copium:deepcopy")["status"]


@pytest.fixture
def venv(dcbench, write):
    """The shape of a virtual environment, for any version."""
    def build(version, settings=None):
        packages = f"venv/lib/python{version}/site-packages"
        write(f"{packages}/mine.py", COPY)
        write(f"{packages}/more.pth", str(dcbench.folder / "more") + "\n")
        write("more/further.py", COPY)
        write("venv/pyvenv.cfg", settings if settings is not None else
              f"home = /usr/bin\ninclude-system-site-packages = false\n"
              f"version = {version}.1\n")
        return "venv"
    return build


def test_venv(dcbench, venv):
    folder = venv(newest_worker())
    result = dcbench.result("--venv", folder, "-i", "mine:deepcopy,further:deepcopy",
                            "-w", "memo")
    assert {cell["status"] for cell in result["cells"]} == {"ok"}
    assert result.cell("mine:deepcopy")["role"] == "candidate"


def test_venv_of_virtualenv(dcbench, venv):
    version = newest_worker()
    folder = venv(version, f"version_info = {version}.1.final.0\n")
    dcbench.result("--venv", folder, "-i", "mine:deepcopy", "-w", "memo")


def test_venv_of_another_version(dcbench, venv):
    done = dcbench("--venv", venv("3.1"), "-i", "mine:deepcopy", "-w", "memo", status=3)
    assert done.out == "" and "3.1;" in done.err and newest_worker() in done.err


def test_venv_against_the_version_asked_for(dcbench, venv):
    version = newest_worker()
    done = dcbench("--venv", venv("3.1"), "--python", version, "-i", "mine:deepcopy",
                   "-w", "memo", status=3)
    assert done.out == "" and done.err.count("\n") == 1
    assert "3.1" in done.err and version in done.err and "--python 3.1" in done.err


@pytest.mark.parametrize("options", [(), ("--python", newest_worker())], ids=str)
def test_folder_that_is_no_venv(dcbench, options):
    (dcbench.folder / "venv").mkdir()
    message = dcbench.usage_error("--venv", "venv", "-i", "mine:deepcopy", *options)
    assert "venv" in message and "virtual environment" in message
    assert "pyvenv.cfg" in message


@pytest.mark.parametrize("settings", ["", "version = x\n", "version = 2.7.18\n", "\0"])
def test_venv_with_odd_settings(dcbench, venv, settings):
    done = dcbench("--venv", venv(newest_worker(), settings), "-i", "mine:deepcopy",
                   "-w", "memo", status=3)
    assert "pyvenv.cfg" in done.err and "version" in done.err


@pytest.mark.parametrize("spacing", ["version=%s.1\n", "version   =   %s.1\n",
                                     "version = %s.1\r\n"])
def test_spacing_of_the_settings(dcbench, venv, spacing):
    version = newest_worker()
    dcbench.result("--venv", venv(version, spacing % version), "-i", "mine:deepcopy",
                   "-w", "memo")


def test_venv_without_packages(dcbench, write):
    write("venv/pyvenv.cfg", f"version = {newest_worker()}.0\n")
    done = dcbench("--venv", "venv", "-i", "mine:deepcopy", "-w", "memo", status=3)
    assert "site-packages" in done.err and done.err.count("\n") == 1


def test_missing_venv(dcbench, write):
    assert "--venv" in dcbench.usage_error("--venv", "nowhere", "-w", "memo")
    write("file", "")
    assert "--venv" in dcbench.usage_error("--venv", "file", "-w", "memo")
