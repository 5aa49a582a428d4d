"""The jobs of docs/ci.md, as they stand there, in the environment of the services."""

import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import DCBENCH, TOP, needs_simulation, valid
from test_ci import commands, outcomes


class Block:
    """A fenced YAML block, read by its indentation alone."""

    def __init__(self, text):
        self.text, self.lines = text, text.splitlines()

    def below(self, number):
        """The lines that are indented deeper than line `number`, as one text."""
        indent = len(self.lines[number]) - len(self.lines[number].lstrip(" -"))
        found = []
        for line in self.lines[number + 1:]:
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            found.append(line)
        depth = min(len(line) - len(line.lstrip()) for line in found if line.strip())
        return "".join(line[depth:] + "\n" for line in found)

    def steps(self):
        """GitHub's: {name: shell commands}."""
        found, name = {}, None
        for number, line in enumerate(self.lines):
            key, _, value = line.strip().removeprefix("- ").partition(": ")
            if key == "name":
                name = value
            elif key == "run":
                script = self.below(number) if value == "|" else value + "\n"
                assert found.setdefault(name, script) == script
        return found

    def jobs(self):
        """GitLab's: {job: {section: shell commands}}."""
        found, job, section = {}, None, None
        for number, line in enumerate(self.lines):
            if re.match(r"[.\w-]+:$", line):
                job, section = found.setdefault(line[:-1], {}), None
            elif re.match(r"  \w+:", line):
                section = line.strip().partition(":")[0]
            elif section and section.endswith("script") and line.startswith("    - "):
                script = line[6:] + "\n"
                if script == "|\n":
                    script = self.below_item(number)
                job[section] = job.get(section, "") + script
        return found

    def below_item(self, number):
        found = []
        for line in self.lines[number + 1:]:
            if line.strip() and not line.startswith(" " * 6):
                break
            found.append(line[6:])
        return "".join(line + "\n" for line in found)


def documented():
    text = (TOP / "docs/ci.md").read_text()
    blocks = [Block(block) for block in re.findall(r"^```yaml\n(.*?)^```", text,
                                                   re.DOTALL | re.MULTILINE)]
    github = next(b for b in blocks if "# .github/workflows/" in b.lines[0])
    gitlab = next(b for b in blocks if "# .gitlab-ci.yml" in b.lines[0])
    rest = [b for b in blocks if b not in (github, gitlab)]
    return github, gitlab, rest


GITHUB, GITLAB, REST = documented()
STEPS = {**GITHUB.steps(), **{k: v for b in REST for k, v in b.steps().items()}}
JOBS = GITLAB.jobs()

OLD = ("import copy, time\n\n\ndef deepcopy(x, memo=None):\n"
       "    copy.deepcopy(x)\n    return copy.deepcopy(x, memo)\n")
NEW = "import copy\n\n\ndef deepcopy(x, memo=None):\n    return copy.deepcopy(x, memo)\n"
WRONG = "def deepcopy(x, memo=None):\n    return x\n"

# Little effort; a change by half is told all the same, and a control that differs by some
# percent after so little does not matter.
EFFORT = "--precision 30 --rounds 8 --margin 20 -w memo"


def test_blocks_are_what_a_yaml_parser_reads():
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(GITHUB.text)
    steps = {step["name"]: step["run"] for job in workflow["jobs"].values()
             for step in job["steps"] if "run" in step}
    assert {name: run.strip() for name, run in steps.items()} == \
        {name: run.strip() for name, run in GITHUB.steps().items()}
    for job in workflow["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    jobs = yaml.safe_load(GITLAB.text)
    for name, sections in JOBS.items():
        for section, script in sections.items():
            lines = [item.strip() for item in jobs[name][section]]
            assert "\n".join(lines) == "\n".join(
                line for line in script.splitlines() if line.strip())
    assert jobs["gate"]["artifacts"]["reports"]["junit"] == "dcbench.xml"
    assert jobs["gate"]["allow_failure"]["exit_codes"] == [4]


def test_every_command_is_known():
    """What installs is not run here; all else is."""
    assert set(STEPS) == {"Install dcbench", "Old against new",
                          "Against the baseline file", "Measure for the history",
                          "Old against new, undecided passes"}
    assert set(JOBS) == {".dcbench", "gate", "baseline", "history"}
    assert set(JOBS[".dcbench"]) == {"before_script"}
    for script in [STEPS["Install dcbench"], JOBS[".dcbench"]["before_script"]]:
        assert "apt-get" in script and "make -C" in script
        assert not re.search(r"^\s*dcbench|git show", script, re.MULTILINE)


class Project:
    """A repository with a branch that is to be merged, and a runner's environment."""

    def __init__(self, folder, dcbench):
        self.folder, self.dcbench = folder / "work", dcbench
        self.bin = folder / "bin"
        self.origin = folder / "origin"
        self.bin.mkdir()
        self.extra = EFFORT
        shim = self.bin / "dcbench"
        shim.write_text('#!/bin/sh\nexec "$REAL_DCBENCH" "$@" $EXTRA\n')
        shim.chmod(0o755)
        self.path = f"{self.bin}:{os.environ['PATH']}"

    def git(self, *args, cwd=None):
        done = subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c",
             "init.defaultBranch=main", *args], cwd=cwd or self.folder, timeout=60,
            capture_output=True, text=True)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def make(self, old, new):
        self.origin.mkdir()
        self.git("init", "-q", cwd=self.origin)
        (self.origin / "fastcopy.py").write_text(old)
        self.git("add", ".", cwd=self.origin)
        self.git("commit", "-qm", "old", cwd=self.origin)
        self.base = self.git("rev-parse", "HEAD", cwd=self.origin)
        self.git("clone", "-q", str(self.origin), str(self.folder), cwd=self.origin)
        self.git("checkout", "-qb", "change")
        (self.folder / "fastcopy.py").write_text(new)
        self.git("commit", "-qam", "new", "--allow-empty")
        self.head = self.git("rev-parse", "HEAD")
        return self

    def without_valgrind(self):
        """Every program that the jobs need but that one."""
        for name in ("sh", "bash", "git", "cat", "env"):
            (self.bin / name).symlink_to(shutil.which(name))
        self.path = str(self.bin)
        assert shutil.which("valgrind", path=self.path) is None
        return self

    def run(self, shell, script, status, **variables):
        env = {"PATH": self.path, "HOME": str(self.folder), "CI": "true",
               "REAL_DCBENCH": str(DCBENCH), "EXTRA": self.extra, **variables}
        done = self.dcbench.finish(self.dcbench.start(
            *shell, script, program=shutil.which("bash"), cwd=self.folder, env=env))
        assert done.code == status, done
        return done

    def github(self, step, status=0, **variables):
        summary = self.folder.parent / "step_summary.md"
        summary.write_text("# What another step wrote\n")
        done = self.run(
            ("--noprofile", "--norc", "-eo", "pipefail", "-c"), STEPS[step], status,
            GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary),
            GITHUB_SHA=self.head, GITHUB_BASE_REF="main", GITHUB_HEAD_REF="change",
            GITHUB_WORKSPACE=str(self.folder), RUNNER_OS="Linux", **variables)
        self.summary = summary.read_text()
        assert self.summary.startswith("# What another step wrote\n")
        self.obeyed = commands(done.out) + commands(done.err)
        return done

    def gitlab(self, job, status=0):
        done = self.run(
            ("-eo", "pipefail", "-c"), JOBS[job]["script"], status, GITLAB_CI="true",
            CI_COMMIT_SHA=self.head, CI_MERGE_REQUEST_DIFF_BASE_SHA=self.base,
            CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CI_DEFAULT_BRANCH="main",
            CI_PIPELINE_SOURCE="merge_request_event")
        assert commands(done.out + done.err) == []
        return done

    def result(self, name="result.json"):
        return valid(json.loads((self.folder / name).read_text()))

    def junit(self, name="dcbench.xml"):
        return outcomes(self.folder / name)


@pytest.fixture
def project(tmp_path, dcbench):
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    return Project(tmp_path, dcbench)


@needs_simulation
def test_github_pass(project):
    project.make(OLD, NEW).github("Old against new")
    assert project.obeyed == []
    assert "## dcbench: every check holds\n" in project.summary
    assert project.junit()["memo", "new: time"] == "passed"
    assert project.junit()["memo", "new: instructions"] == "passed"
    assert project.result()["plan"]["baseline"] == "old"


@needs_simulation
def test_github_regression(project):
    project.make(NEW, OLD).github("Old against new", status=1)
    time, instructions = project.obeyed
    assert time.startswith("::error title=dcbench%3A new on memo%3A time::"
                           "new on memo is slower (+")
    assert instructions.startswith(
        "::error title=dcbench%3A new on memo%3A instructions::new on memo executes +")
    assert "- **failed** (time): new on memo is slower (+" in project.summary
    assert project.junit()["memo", "new: time"] == "failure"


@pytest.mark.parametrize("step, status", [("Old against new", 4),
                                          ("Old against new, undecided passes", 0)])
def test_github_undecided(project, step, status):
    project.extra += " --workers 2 --counters none"
    project.make(NEW, NEW).github(step, status=status)
    time, instructions = project.obeyed
    assert time.startswith("::warning title=dcbench%3A new on memo%3A time::no verdict")
    assert instructions.startswith(
        "::warning title=dcbench%3A new on memo%3A instructions::no instructions of new")
    assert "## dcbench: 2 undecided of" in project.summary
    assert project.junit()["memo", "new: time"] == "skipped"


def test_github_wrong_copy(project):
    project.extra += " --counters none"
    project.make(NEW, WRONG).github("Old against new, undecided passes", status=1)
    assert "copy::new on memo failed" in project.obeyed[0]
    assert project.junit()["memo", "new: copy"] == "failure"


def test_github_without_an_old_version(project):
    """git says what is wrong, and the step ends there."""
    project.make(NEW, NEW)
    project.git("update-ref", "-d", "refs/remotes/origin/main")
    done = project.github("Old against new", status=128)
    assert "origin/main" in done.err and not (project.folder / "dcbench.xml").exists()


def test_github_history(project):
    project.extra += " --counters none"
    project.make(NEW, NEW).github("Measure for the history")
    assert project.result(f"result-{project.head}.json")["plan"]["baseline"] == "stdlib"


@pytest.mark.parametrize("old, new, status, outcome", [
    (OLD, NEW, 0, "passed"), (NEW, OLD, 1, "failure")], ids=["pass", "regression"])
def test_gitlab_without_valgrind(project, old, new, status, outcome):
    project.without_valgrind().make(old, new).gitlab("gate", status=status)
    assert project.junit()["memo", "new: time"] == outcome
    text = (project.folder / "summary.md").read_text()
    assert text.startswith("## dcbench: " + ("1 failed" if status else "every check"))
    cell = project.result()["cells"][0]["counters"]
    assert cell["page-faults"]["provider"] == "kernel"
    assert {row["provider"] for row in cell.values()} & {"simulated"} == set()


def test_gitlab_undecided(project):
    project.extra += " --workers 2"
    project.without_valgrind().make(NEW, NEW).gitlab("gate", status=4)
    assert project.junit()["memo", "new: time"] == "skipped"


def test_gitlab_history(project):
    project.without_valgrind().make(NEW, NEW).gitlab("history")
    project.result(f"result-{project.head}.json")


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_baseline_file(project, service):
    """The second form of the gate, on what the document says to commit."""
    text = subprocess.run([DCBENCH, "--help"], capture_output=True, text=True,
                          timeout=60).stdout
    if not re.search(r"^ +check ", text, re.MULTILINE):
        pytest.skip("this version has no 'dcbench check'")
    project.make(NEW, NEW).extra = "--precision 30 --rounds 8 --margin 90"
    command = re.search(r"`(dcbench -i ours=fastcopy.py -o baseline.json)`",
                        (TOP / "docs/ci.md").read_text())[1]
    project.extra += " -w memo --counters none"
    project.run(("-ec",), command, 0)
    project.extra = "--precision 30 --rounds 8 --margin 90"
    if service == "github":
        project.github("Against the baseline file")
        assert project.obeyed == [] and "## dcbench: every check" in project.summary
    else:
        project.gitlab("baseline")
    assert project.junit("check.xml")["memo", "ours: time"] == "passed"
