"""The completion scripts, loaded and asked by the shells themselves."""

import os
import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
DCBENCH = pathlib.Path(os.environ.get("DCBENCH", TOP / "build/bin/dcbench")).absolute()

# Completes $LINE, whose last word is in hand, and prints the answers, one a line. The
# words are split as bash splits them: at '=' and ':' too.
BASH_DRIVER = r"""
set -u
source "$SCRIPT"
COMP_LINE=$LINE
COMP_POINT=${#LINE}
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
_dcbench "$DCBENCH" '' ''
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
complete -p dcbench >&2
"""

IMPLS = {"stdlib", "fastpath", "memo-opt", "merged", "inline",
         "published-fastpath", "published-merged"}
WORKLOADS = {"general", "reduce", "memo", "atoms", "dataclasses", "numbers"}
OWN_FORMATS = {"table", "json", "markdown", "csv"}
FORMATS = OWN_FORMATS | {"pyperf"}
COMMANDS = {"run", "compare", "check", "convert", "history", "list", "doctor", "selftest",
            "verify", "memory"}


def shell(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture
def script(tmp_path):
    """Writes the script for a shell to a file."""
    def write(name):
        done = subprocess.run([DCBENCH, "--completion", name], capture_output=True,
                              check=True, timeout=60)
        assert done.stderr == b""
        path = tmp_path / f"completion.{name}"
        path.write_bytes(done.stdout)
        return path
    return write


@pytest.fixture
def folder(tmp_path):
    """An empty current directory but for two implementations and a folder."""
    path = tmp_path / "here"
    (path / "sub dir").mkdir(parents=True)
    (path / "zz_copy.py").touch()
    (path / "zz_other.py").touch()
    return path


@pytest.fixture
def bash(script, folder):
    """Completes a line in bash."""
    program, path = shell("bash"), script("bash")

    def complete(line):
        env = dict(os.environ, SCRIPT=str(path), LINE=line, DCBENCH=str(DCBENCH))
        done = subprocess.run([program, "--noprofile", "--norc", "-c", BASH_DRIVER],
                              env=env, cwd=folder, capture_output=True, text=True,
                              timeout=60)
        assert done.stderr == "complete -F _dcbench dcbench\n"
        assert done.returncode == 0
        answers = done.stdout.splitlines()
        assert len(answers) == len(set(answers))
        return set(answers)
    return complete


@pytest.fixture
def fish(script, folder, tmp_path):
    """Completes a line in fish."""
    program, path = shell("fish"), script("fish")

    def complete(line):
        env = dict(os.environ, SCRIPT=str(path), LINE=line, HOME=str(tmp_path),
                   PATH=f"{DCBENCH.parent}:{os.environ['PATH']}")
        done = subprocess.run([program, "--no-config", "-c",
                               "source $SCRIPT; complete -C $LINE"],
                              env=env, cwd=folder, capture_output=True, text=True,
                              timeout=60)
        assert done.stderr == ""
        assert done.returncode == 0
        return {line.split("\t")[0] for line in done.stdout.splitlines()}
    return complete


@pytest.mark.parametrize("name, check", [("bash", ["-n"]), ("zsh", ["-n"]),
                                         ("fish", ["--no-execute"])])
def test_syntax(name, check, script):
    done = subprocess.run([shell(name), *check, script(name)], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_unknown_shell():
    done = subprocess.run([DCBENCH, "--completion", "tcsh"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == ("dcbench: --completion: unknown shell 'tcsh'; one of bash, "
                           "zsh, fish\n")


# What bash wants back is what stands behind the last '=' or ':' of the word.
@pytest.mark.parametrize("line, expected", [
    ("dcbench --for", {"--format"}),
    ("dcbench --pre", {"--precision"}),
    ("dcbench run --pyt", {"--python", "--python-path"}),
    ("dcbench --format ", FORMATS),
    ("dcbench --format=", FORMATS),
    ("dcbench --format=c", {"csv"}),
    ("dcbench -q --format m", {"markdown"}),
    ("dcbench --format table --color=n", {"never"}),
    ("dcbench -i m", {"memo-opt", "merged"}),
    ("dcbench --impl=m", {"memo-opt", "merged"}),
    ("dcbench -i merged,p", {"merged,published-fastpath", "merged,published-merged"}),
    ("dcbench --impl=merged,s", {"merged,stdlib"}),
    ("dcbench -i new=me", {"memo-opt", "merged"}),
    ("dcbench -i zz", {"zz_copy.py", "zz_other.py"}),
    ("dcbench -i merged,new=zz_c", {"zz_copy.py"}),
    ("dcbench -b st", {"stdlib"}),
    ("dcbench --workload memo,r", {"memo,reduce"}),
    ("dcbench --fail-if slower,i", {"slower,inconclusive", "slower,incorrect",
                                     "slower,instructions"}),
    ("dcbench --counters ", {"auto", "hardware", "kernel", "none",
                            "simulated"}),
    ("dcbench --gc o", {"on", "off"}),
    ("dcbench --verify o", {"on", "off"}),
    ("dcbench --venv ", {"sub dir"}),
    ("dcbench -o zz_", {"zz_copy.py", "zz_other.py"}),
    ("dcbench --junit zz_", {"zz_copy.py", "zz_other.py"}),
    ("dcbench --summary zz_o", {"zz_other.py"}),
    ("dcbench --ci ", {"auto", "github", "none"}),
    ("dcbench --rounds ", set()),
    ("dcbench ", COMMANDS),
    ("dcbench convert --format ", FORMATS),
    ("dcbench doctor --format ", OWN_FORMATS),
    ("dcbench list impls --format p", set()),
    ("dcbench convert zz_c", {"zz_copy.py"}),
    ("dcbench convert zz_copy.py zz_o", {"zz_other.py"}),
    ("dcbench convert --im", {"--impl"}),
    ("dcbench -q l", {"list"}),
    ("dcbench -i list ", COMMANDS),
    ("dcbench list ", {"impls", "workloads", "events", "pmus"}),
    ("dcbench list im", {"impls"}),
    ("dcbench list impls ", set()),
    ("dcbench check zz", {"zz_copy.py", "zz_other.py"}),
    ("dcbench check --up", {"--update"}),
    ("dcbench check --rule time,i", {"time,instructions"}),
    ("dcbench check -i m", {"memo-opt", "merged"}),
    ("dcbench --up", set()),
    ("dcbench doctor ", set()),
    ("dcbench doctor --f", {"--format"}),
    ("dcbench history --pl", {"--plot"}),
    ("dcbench selftest --ma", {"--max-time", "--margin"}),
    ("dcbench selftest -w m", {"memo"}),
    ("dcbench selftest --im", set()),
    ("dcbench verify --ba", {"--battery"}),
    ("dcbench verify --battery suite,g", {"suite,graphs"}),
    ("dcbench verify -i m", {"memo-opt", "merged"}),
    ("dcbench verify --wo", set()),
    ("dcbench memory --lea", {"--leaks", "--leak-iterations"}),
    ("dcbench memory --memo dict,mu", {"dict,mutable-mapping"}),
    ("dcbench memory --fail-if m", {"more"}),
    ("dcbench memory --prec", set()),
    ("dcbench compare zz_", {"zz_copy.py", "zz_other.py"}),
    ("dcbench compare zz_copy.py zz_o", {"zz_other.py"}),
    ("dcbench compare --sort n", {"name"}),
    ("dcbench compare --only", {"--only-changed"}),
    ("dcbench list --f", {"--format"}),
    ("dcbench list --impl", set()),
    ("dcbench -- --f", set()),
])
def test_bash(bash, line, expected):
    assert bash(line) == expected


@pytest.mark.parametrize("option, kind, some", [
    ("-i", "impls", IMPLS),
    ("--baseline", "impls", IMPLS),
    ("-w", "workloads", WORKLOADS),
    ("-e", "events", {"cycles", "instructions", "task-clock"}),
])
def test_bash_names(bash, option, kind, some):
    listed = subprocess.run([DCBENCH, "list", kind, "-q"], capture_output=True,
                            text=True, check=True, timeout=60).stdout.splitlines()
    assert bash(f"dcbench {option} ") == set(listed) >= some


def test_bash_events(bash):
    assert bash("dcbench -e cycles,instr") == {"cycles,instructions"}


def test_bash_survives_a_missing_program(script, folder):
    env = dict(os.environ, SCRIPT=str(script("bash")), LINE="dcbench -i ",
               DCBENCH=str(folder / "missing"))
    done = subprocess.run([shell("bash"), "--noprofile", "--norc", "-c", BASH_DRIVER],
                          env=env, cwd=folder, capture_output=True, text=True,
                          timeout=60)
    assert done.stderr == "complete -F _dcbench dcbench\n"
    assert done.returncode == 0


@pytest.mark.parametrize("line, expected", [
    ("dcbench --for", {"--format"}),
    ("dcbench --format ", FORMATS),
    ("dcbench --format=c", {"--format=csv"}),
    ("dcbench list --format ", OWN_FORMATS),
    ("dcbench convert --format ", FORMATS),
    ("dcbench convert zz_c", {"zz_copy.py"}),
    ("dcbench -i merged,p", {"merged,published-fastpath", "merged,published-merged"}),
    ("dcbench --counters=hardware,k", {"--counters=hardware,kernel"}),
    ("dcbench list ", {"impls", "workloads", "events", "pmus"}),
    ("dcbench list --f", {"--format"}),
    ("dcbench -q l", {"list"}),
])
def test_fish(fish, line, expected):
    assert fish(line) == expected


def test_fish_names_and_files(fish):
    assert IMPLS | {"zz_copy.py"} <= fish("dcbench -i ")
    assert WORKLOADS <= fish("dcbench -w ")
    assert "cycles" in fish("dcbench -e ")
