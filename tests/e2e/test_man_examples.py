"""The examples of the manual page and of the README, as they stand there."""

import gzip
import json
import pathlib
import re
import shlex
import shutil

import pytest

from conftest import DCBENCH, KERNEL, QUICK, TOP, valid

# What an example may need, and what takes part in it under that name.
COPY = "import copy\ndef deepcopy(x, memo=None):\n    return copy.deepcopy(x, memo)\n"
DATA = "workload = [{'a': [1, 2, (3, 4)]}]\n"


def from_manual():
    text = (TOP / "man/dcbench.1").read_text()
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", text, re.DOTALL | re.MULTILINE)
    lines = re.findall(r"^\.Dl (.*)$", section[1], re.MULTILINE)
    return [line.replace("\\-", "-").replace("\\(dq", '"').replace("\\(aq", "'")
            for line in lines]


def from_readme():
    path = TOP / "README.md"
    if not path.exists():
        return []
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    text = "".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ").strip() for line in text.splitlines()]


def from_help():
    text = (TOP / "cli/option_table.c").read_text()
    return re.findall(r'^ *"(dcbench .*)",$', text, re.MULTILINE)


def examples():
    lines = from_manual() + from_readme() + from_help()
    return sorted({line for line in lines
                   if re.match(r"(build/bin/)?dcbench\b", line)})


def prepare(folder, words):
    """Makes the files that a command line names and expects to be there."""
    for item in (item for word in words for item in word.split(",")):
        name, _, attribute = item.rpartition("=")[2].partition(":")
        path = folder / name
        if path.suffix in (".py", ".json", ".pkl"):
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            also = f"{attribute} = deepcopy\n" if attribute else ""
            path.write_text(COPY + also + DATA)
        elif path.suffix == ".json":
            path.write_text('{"a": [1, 2, {"b": null}]}')
        elif path.suffix == ".pkl":
            path.write_bytes(b"\x80\x04]\x94K\x01a.")
    for option, place in zip(words, words[1:]):
        if option == "--venv":
            make_venv(folder / place)


def prepare_convert(dcbench, words):
    """A result of ours, or for a gzip file one of pyperf's, where the line names one."""
    path = dcbench.folder / words[words.index("convert") + 1]
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(b"""{"version": "1.0", "benchmarks": [
            {"metadata": {"name": "x"}, "runs": [{"values": [1.0]}]}]}"""))
    else:
        dcbench.quick("-w", "memo", "-o", path.name)


def make_baseline(dcbench, words):
    """The file that a check needs, where the example does not make it itself."""
    if "check" not in words or "--update" in words:
        return
    path = dcbench.folder / words[words.index("check") + 1]
    path.unlink()
    (dcbench.folder / "my_copy.py").write_text(COPY)
    dcbench("check", path, "--update", "-i", "new=my_copy.py", "-w", "memo", *QUICK, *KERNEL)


def make_venv(folder):
    """A stand-in: copium under that name, but written in Python."""
    for worker in (DCBENCH.parent / "../libexec/dcbench").glob("dcbench-worker-3.*"):
        version = worker.name.rpartition("-")[2]
        packages = folder / f"lib/python{version}/site-packages"
        packages.mkdir(parents=True)
        (packages / "copium.py").write_text(COPY)
        (folder / "pyvenv.cfg").write_text(f"version = {version}.0\n")


def record(dcbench, words):
    """Results in the place of the files that are compared."""
    dcbench.result("-w", "reduce", "-o", "recorded.json")
    for word in words:
        if word.endswith(".json"):
            (dcbench.folder / word).write_bytes(
                (dcbench.folder / "recorded.json").read_bytes())


def test_there_are_examples():
    assert len(from_manual()) >= 5 and len(from_help()) >= 4
    assert any("--impl merged --workload memo" in line for line in from_manual())
    assert any("dcbench" in line for line in from_readme())


@pytest.mark.parametrize("line", examples())
def test_example(dcbench, line):
    words = shlex.split(line.partition(" #")[0], comments=True)
    redirected = [i for i, word in enumerate(words) if word in (">", "|", "2>", "<")]
    words = words[:redirected[0]] if redirected else words
    if "convert" in words:
        prepare_convert(dcbench, words)
    else:
        prepare(dcbench.folder, words)
    make_baseline(dcbench, words)
    outputs = [pathlib.Path(place) for option, place in zip(words, words[1:])
               if option in ("-o", "--output") and "convert" not in words]
    if "--update" in words:
        outputs.append(pathlib.Path(words[words.index("check") + 1]))
    for path in outputs:
        (dcbench.folder / path).unlink(missing_ok=True)
    if "compare" in words:
        record(dcbench, words)
    if "history" in words:
        if "--plot" in words and not shutil.which("gnuplot"):
            pytest.skip("no gnuplot (scripts/packages.sh)")
        dcbench.quick("-w", "memo,reduce", "--save", "r")
    info = {"compare", "convert", "history", "list", "doctor", "--help", "-h", "--version", "--completion"} & set(words)
    asked = {"--counters", "-e", "--events"} & set(words)
    if "selftest" in words:     # counts nothing
        asked = True
    effort = () if info else QUICK if asked else (*QUICK, *KERNEL)
    if "verify" in words:
        effort = () if "--graphs" in words else ("--graphs", "10")
    if "memory" in words:
        effort = (("--leak-iterations", "300") if "--leaks" in words else
                  ("--repeat", "2") if "--trace" in words else ())
    done = dcbench.finish(dcbench.start(*words[1:], *effort), timeout=90)
    # A verdict that is asked for may not be had with so little effort.
    # Some that are built in are wrong, and are there for that.
    judges = {"--fail-if", "selftest", "check", "verify"} & set(words)
    allowed = {0, 1, 4} if judges else {0}
    assert done.code in allowed, done
    for path in outputs:
        valid(json.loads((dcbench.folder / path).read_text()))


def test_every_option_of_the_manual_is_there(dcbench):
    text = (TOP / "man/dcbench.1").read_text().replace("\\-", "-")
    options = re.search(r"^\.Sh OPTIONS\n(.*?)^\.Sh ", text, re.DOTALL | re.MULTILINE)[1]
    described = {f"--{name}" for line in re.findall(r"^\.It (Fl .*)$", options,
                                                    re.MULTILINE)
                 for name in re.findall(r"Fl Fl ([\w-]+)", line)}
    listed = re.search(r"^Commands:\n(.*?)^$", dcbench("--help").out,
                       re.DOTALL | re.MULTILINE)[1]
    shown = {option for command in re.findall(r"^  (\w+) ", listed, re.MULTILINE)
             for option in re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)",
                                      dcbench(command, "--help").out, re.MULTILINE)}
    assert described == shown
