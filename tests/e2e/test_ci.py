"""What a CI service is shown: JUnit XML, the summary and GitHub's annotations."""

import json
import re
import signal
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import KERNEL, needs_full, valid

MEMO = ("-i", "merged", "-w", "memo", *KERNEL)

# With a margin of 99 % everything is the same, whatever the noise.
SURE = ("-w", "memo", "--margin", "99")
UNSURE = ("-w", "memo", "--workers", "2")

# ---- JUnit, as Jenkins' schema (junit-10.xsd) and GitLab's documentation have it ----

# Element: attributes it must have, attributes it may have, elements it may hold.
JUNIT = {
    "testsuites": ({"tests", "failures", "errors"}, {"name", "time"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"},
                  {"skipped", "time", "timestamp", "hostname", "id", "package"},
                  {"testcase", "properties", "system-out", "system-err"}),
    "testcase": ({"name", "classname"}, {"time"},
                 {"failure", "error", "skipped", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def check_element(element):
    required, optional, children = JUNIT[element.tag]
    assert required <= set(element.attrib) <= required | optional, element.attrib
    if "time" in element.attrib:
        assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])
    for child in element:
        assert child.tag in children, (element.tag, child.tag)
        check_element(child)
    if len(element):
        assert not (element.text or "").strip() and not any(
            (child.tail or "").strip() for child in element)


def junit(path):
    """A JUnit file, held to the rules; {(suite, case): (outcome, message)}."""
    root = ElementTree.fromstring(path.read_bytes())
    assert root.tag == "testsuites"
    check_element(root)
    found, sums = {}, {"tests": 0, "failures": 0, "errors": 0}
    assert len({suite.get("name") for suite in root}) == len(root)
    for suite in root:
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for attribute, tag in (("failures", "failure"), ("errors", "error"),
                               ("skipped", "skipped")):
            counts[attribute] = sum(case.find(tag) is not None for case in cases)
        for attribute, count in counts.items():
            assert int(suite.get(attribute)) == count, (suite.get("name"), attribute)
        for attribute in sums:
            sums[attribute] += counts[attribute]
        for case in cases:
            assert case.get("classname") == f"dcbench.{suite.get('name')}"
            outcomes = [child for child in case if child.tag != "system-out"]
            assert len(outcomes) <= 1
            key = suite.get("name"), case.get("name")
            assert key not in found
            found[key] = ((outcomes[0].tag, outcomes[0].get("message")) if outcomes
                          else ("passed", case.findtext("system-out")))
    for attribute, count in sums.items():
        assert int(root.get(attribute)) == count, attribute
    return found


def outcomes(path):
    return {key: outcome for key, (outcome, _) in junit(path).items()}


def commands(text):
    """The workflow commands in a step's output: what GitHub's runner would obey."""
    return [line.strip() for line in re.split(r"[\r\n]", text)
            if line.strip().startswith("::") or "##[" in line]


def on_github(dcbench, **changes):
    return dcbench.environment(GITHUB_ACTIONS="true", **changes)


# ---- files ----

def test_passed(dcbench):
    done = dcbench.quick(*SURE, "--fail-if", "slower", "--junit", "j.xml", "--summary",
                         "s.md")
    assert outcomes(dcbench.folder / "j.xml") == {
        ("memo", "workers"): "passed", ("memo", "stdlib: copy"): "passed",
        ("memo", "merged: copy"): "passed", ("memo", "merged: time"): "passed",
        ("run", "run"): "passed"}
    text = (dcbench.folder / "s.md").read_text()
    assert text.startswith("## dcbench: every check holds\n\ndcbench ")
    assert "| implementation | time |" in text
    assert commands(done.out + done.err) == []


def test_failed(dcbench):
    done = dcbench.quick(*SURE, "--fail-if", "same", "--junit", "j.xml", "--summary",
                         "s.md", "-q", status=1)
    outcome, message = junit(dcbench.folder / "j.xml")["memo", "merged: time"]
    assert outcome == "failure"
    assert f"dcbench: --fail-if: {message}\n" == done.err
    text = (dcbench.folder / "s.md").read_text()
    assert text.startswith("## dcbench: 1 failed of 5 checks\n\n"
                           "- **failed** (time): merged on memo is same (")
    assert "time: median over workers" in text, "-q is for the terminal"


def test_undecided(dcbench):
    dcbench.quick(*UNSURE, "--fail-if", "slower", "--junit", "j.xml", "--summary", "s.md",
                  status=4)
    outcome, message = junit(dcbench.folder / "j.xml")["memo", "merged: time"]
    assert outcome == "skipped" and message.startswith("no verdict for merged on memo")
    assert "1 undecided of 5" in (dcbench.folder / "s.md").read_text().splitlines()[0]


def test_instructions_that_were_not_counted(dcbench):
    done = dcbench.quick(*SURE, "--fail-if", "slower,instructions", "--junit", "j.xml",
                         "-q", status=4)
    found = junit(dcbench.folder / "j.xml")
    assert found["memo", "merged: time"][0] == "passed"
    outcome, message = found["memo", "merged: instructions"]
    assert outcome == "skipped" and f"dcbench: --fail-if: {message}\n" == done.err
    assert message == ("no instructions of merged on memo: not asked for (--counters)")


def test_implementations_that_fail(dcbench, write):
    write("wrong.py", "def deepcopy(x, memo=None):\n    return x\n")
    write("crash.py", "import os\ndef deepcopy(x, memo=None):\n    os.abort()\n")
    write("raise.py", "def deepcopy(x, memo=None):\n"
          "    raise ValueError(']]>\\x1b[31m\\n::error::owned & <b>')\n")
    done = dcbench.quick("-i", "wrong.py,crash.py,raise.py", "-w", "memo", "--junit",
                         "j.xml", status=1, env=on_github(dcbench))
    found = outcomes(dcbench.folder / "j.xml")
    assert found["memo", "wrong: copy"] == "failure"
    assert found["memo", "crash: copy"] == found["memo", "raise: copy"] == "error"
    assert found["memo", "workers"] == "error"
    assert found["memo", "wrong: time"] == "skipped"
    assert "]]>" in junit(dcbench.folder / "j.xml")["memo", "raise: copy"][1]
    obeyed = commands(done.out + done.err)
    assert len(obeyed) == 4
    for line in obeyed:
        assert line.startswith("::error title=dcbench%3A ")


def test_implementation_that_cannot_be_loaded(dcbench, write):
    """Every check of a sound run stands there, and none of them passes for nothing."""
    gate = ("--fail-if", "slower,instructions", "--junit", "j.xml")
    dcbench.quick(*SURE, *gate, status=4)
    sound = set(outcomes(dcbench.folder / "j.xml"))
    write("merged.py", "import not_there_at_all\n")
    dcbench("-i", "merged.py", *SURE, *gate, "--max-time", "1", *KERNEL, "--verify", "off",
            status=3)
    found = outcomes(dcbench.folder / "j.xml")
    assert set(found) == sound
    assert found["memo", "merged: copy"] == "error"
    assert found["memo", "merged: time"] == found["memo", "merged: instructions"] \
        == "skipped"


def test_time_of_a_suite_is_what_its_workload_took(dcbench):
    dcbench.quick(*SURE, "--junit", "j.xml", "-o", "r.json")
    workload, = json.loads((dcbench.folder / "r.json").read_text())["workloads"]
    root = ElementTree.parse(dcbench.folder / "j.xml").getroot()
    took = workload["elapsed_s"] + (workload["simulated_s"] or 0)
    assert took > 0.05
    for element in (root, root.find("testsuite[@name='memo']"),
                    root.find(".//testcase[@name='workers']")):
        assert float(element.get("time")) == pytest.approx(took, abs=0.001)
    assert all("time" in case.attrib for case in root.iter("testcase"))


def test_failed_workload_is_one_error(dcbench, write):
    write("bad.py", "def workload():\n    raise ValueError('no data')\n")
    dcbench.quick("-i", "merged", "-w", "bad.py", "--junit", "j.xml", status=3)
    found = outcomes(dcbench.folder / "j.xml")
    assert found.pop(("bad", "workers")) == "error"
    assert found.pop(("run", "run")) == "passed"
    assert set(found.values()) == {"skipped"}


def test_counters_that_cannot_be_had(dcbench, tmp_path):
    dcbench.quick("-i", "merged", "-w", "memo", "--counters", "simulated", "--junit",
                  "j.xml", status=3, env=dcbench.environment(PATH=str(tmp_path)))
    outcome, message = junit(dcbench.folder / "j.xml")["run", "counters"]
    assert outcome == "error" and "--counters simulated" in message


def test_interrupted(dcbench):
    process = dcbench.start(*MEMO, "--max-time", "60", "--precision", "0.0001",
                            "--fail-if", "slower", "--junit", "j.xml", "--summary",
                            "s.md", "-o", "r.json")
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    done = dcbench.finish(process)
    assert done.code == 143, done
    found = junit(dcbench.folder / "j.xml")
    assert found["run", "run"][0] == "error"
    assert "interrupted by signal 15" in found["run", "run"][1]
    assert found.get(("memo", "merged: time"), ["skipped"])[0] == "skipped"
    assert "1 error" in (dcbench.folder / "s.md").read_text().splitlines()[0]


@needs_full
def test_file_that_cannot_be_written_does_not_cost_the_others(dcbench):
    done = dcbench.quick(*SURE, "--junit", "/dev/full", "--summary", "s.md", status=3,
                         env=on_github(dcbench))
    assert "verdict" in done.out and "No space left" in done.err
    assert "every check holds" in (dcbench.folder / "s.md").read_text()
    assert len(commands(done.err)) == 1 and "No space left" in commands(done.err)[0]


@needs_full
def test_failed_gate_goes_before_a_file(dcbench):
    dcbench.quick(*SURE, "--fail-if", "same", "--junit", "/dev/full", status=1)


# ---- GitHub ----

def test_step_summary_is_added(dcbench, write):
    path = write("step.md", "# another step")
    env = dcbench.environment(GITHUB_STEP_SUMMARY=str(path))
    dcbench.quick(*SURE, "--summary", "s.md", env=env)
    page = (dcbench.folder / "s.md").read_text()
    assert path.read_text() == "# another step\n\n" + page
    dcbench.quick(*SURE, env=env)
    assert path.read_text().count("## dcbench: every check holds\n") == 2
    assert path.read_text().startswith("# another step\n\n" + page)


def test_summary_that_is_the_step_summary(dcbench, write):
    """Once, and nothing is lost."""
    path = write("step.md", "# another step\n")
    dcbench.quick(*SURE, "--summary", path,
                  env=dcbench.environment(GITHUB_STEP_SUMMARY=str(path)))
    text = path.read_text()
    assert text.startswith("# another step\n") and text.count("## dcbench") == 1


@pytest.mark.parametrize("name", ["./step.md", "link/step.md"])
def test_step_summary_that_is_not_there_yet(dcbench, name):
    """Its other name is a name of the same file even then."""
    (dcbench.folder / "link").symlink_to(".")
    path = dcbench.folder / "step.md"
    dcbench.quick(*SURE, "--summary", name,
                  env=dcbench.environment(GITHUB_STEP_SUMMARY=str(path)))
    assert path.read_text().count("## dcbench") == 1


def test_long_step_summary_keeps_its_headline(dcbench, write):
    path = write("step.md", "x" * 1000000 + "\n")
    dcbench.quick(*SURE, env=dcbench.environment(GITHUB_STEP_SUMMARY=str(path)))
    tail = path.read_text()[1000001:]
    assert "## dcbench: every check holds" in tail and "left out" in tail
    assert "| implementation" not in tail


@pytest.mark.parametrize("args, status", [(("--fail-if", "same"), 1), ((), 0)])
def test_step_summary_that_cannot_be_written(dcbench, args, status):
    """It is said, and costs no status: the command line does not name that file."""
    done = dcbench.quick(
        *SURE, *args, status=status,
        env=dcbench.environment(GITHUB_STEP_SUMMARY="/proc/none/step.md"))
    assert "dcbench: GITHUB_STEP_SUMMARY: cannot write '/proc/none/step.md'" in done.err


def test_annotations(dcbench):
    done = dcbench.quick(*SURE, "--fail-if", "same", status=1, env=on_github(dcbench))
    assert commands(done.out) == []
    line, = commands(done.err)
    assert done.err == line + "\n", "what an annotation says stands there once"
    assert re.fullmatch(
        r"::error title=dcbench%3A merged on memo%3A time::merged on memo is same "
        r"\([-+]\d+\.\d %25\)%0Achange .*; margin 99 %25%0A.*; 5 workers", line)
    done = dcbench.quick(*UNSURE, "--fail-if", "slower", status=4,
                         env=on_github(dcbench))
    line, = commands(done.err)
    assert line.startswith("::warning title=dcbench%3A merged on memo%3A time::no verdict")


def test_wrong_usage_is_annotated(dcbench):
    done = dcbench("-i", "nothing.py", status=2, env=on_github(dcbench))
    line, = commands(done.err)
    assert line.startswith("::error title=dcbench::") and "nothing.py" in line


def test_data_stays_data(dcbench):
    done = dcbench.quick(*SURE, "--fail-if", "same", "--format", "json", status=1,
                         env=on_github(dcbench))
    valid(json.loads(done.out))
    assert len(commands(done.err)) == 1


def test_switched_off_and_on(dcbench):
    env = on_github(dcbench, GITHUB_STEP_SUMMARY=str(dcbench.folder / "step.md"))
    gate = (*SURE, "--fail-if", "same")
    done = dcbench.quick(*gate, "--ci", "none", status=1, env=env)
    assert commands(done.out + done.err) == [] and not list(dcbench.folder.iterdir())
    done = dcbench.quick(*gate, "--ci", "github", status=1)
    assert len(commands(done.err)) == 1 and not list(dcbench.folder.iterdir())
    done = dcbench.quick(*gate, status=1, env=dcbench.environment(GITHUB_ACTIONS="false"))
    assert commands(done.err) == []


@pytest.mark.parametrize("name, switch", [("table", ()), ("markdown", ()),
                                          ("table", ("--ci", "none"))])
def test_no_label_is_a_command(dcbench, write, name, switch):
    write("##[error]owned.py", "workload = [[1, 2]]\n")
    done = dcbench.quick("-i", "##[group]x=merged", "-w", "##[error]owned.py",
                         "--format", name, "--margin", "99", "--fail-if", "same",
                         "--junit", "j.xml", *switch, status=1, env=on_github(dcbench))
    name = "\\#\\#\\[error\\]owned" if name == "markdown" else "# #[error]owned"
    assert commands(done.out) == [] and name in done.out
    assert [line[:8] for line in commands(done.err)] == ([] if switch else ["::error "])
    assert ("##[error]owned", "##[group]x: time") in junit(
        dcbench.folder / "j.xml")
