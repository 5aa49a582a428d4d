"""dcbench verify: what is wrong is found, named and can be made again."""

import json
import re
import signal
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from conftest import TOP, assert_described

SCHEMA = json.loads((TOP / "docs/verify.schema.json").read_text())

STANDARD = "from copy import deepcopy as standard\n"
SHARES = STANDARD + """
def deepcopy(x, memo=None):
    y = standard(x, memo)
    if type(x) is list:
        for i, item in enumerate(x):
            if type(item) is list:
                y[i] = item
                break
    return y
"""
CRASHES = STANDARD + """
import collections, os, signal
def deepcopy(x, memo=None):
    if type(x) is collections.OrderedDict:
        os.kill(os.getpid(), signal.SIGSEGV)
    return standard(x, memo)
"""
HANGS = STANDARD + """
import collections
def deepcopy(x, memo=None):
    while type(x) is collections.OrderedDict:
        pass
    return standard(x, memo)
"""
LEAVES = STANDARD + """
import collections, os, sys
def deepcopy(x, memo=None):
    print("\\x1b[2J out", flush=True)
    print("\\x1b[2J err", file=sys.stderr, flush=True)
    if type(x) is collections.OrderedDict:
        os._exit(0)
    return standard(x, memo)
"""


def valid(text):
    data = json.loads(text)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(data), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    assert [cell["impl"] for cell in data["cells"]] \
        == [impl["label"] for impl in data["plan"]["implementations"]]
    for cell in data["cells"]:
        assert [battery["battery"] for battery in cell["batteries"]] \
            == data["plan"]["batteries"]
        for battery in cell["batteries"]:
            check_sums(battery, [finding for finding in cell["findings"]
                                 if finding["battery"] == battery["battery"]])
    return data


def check_sums(battery, findings):
    """What is counted is what is told."""
    def count(*outcomes):
        return sum(finding["outcome"] in outcomes for finding in findings)

    assert battery["wrong"] == count("failed", "died", "hung")
    assert battery["deviating"] == count("accepted deviation")
    assert battery["skipped"] == count("skipped")
    assert battery["standard"] == sum(finding["standard"] for finding in findings)
    if battery["cases"] is not None:
        assert battery["cases"] == sum(battery[name] for name in (
            "passed", "wrong", "deviating", "skipped", "unasked"))


def verify(dcbench, *args, status=0, **options):
    done = dcbench("verify", "--format", "json", *args, status=status, **options)
    return valid(done.out), done


def findings(data, outcome="failed"):
    return [finding for cell in data["cells"] for finding in cell["findings"]
            if finding["outcome"] == outcome]


def lines(done):
    return done.out.splitlines()


# ---- right and wrong ----

def test_the_schema_describes_all():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert_described(SCHEMA)


def test_the_standard_library_is_correct(dcbench):
    done = dcbench("verify", "-i", "stdlib", "--graphs", "100")
    row = next(line for line in lines(done) if line.startswith("  stdlib"))
    assert re.match(r"  stdlib +correct +(?:missing|(\d+) of \1) +(\d+) of \2 +100 of 100$",
                    row), done
    assert "wrong" not in done.out and done.err == "", done
    assert max(map(len, lines(done))) <= 80, done


def test_the_published_fast_path_fails_where_it_is_wrong(dcbench):
    data, done = verify(dcbench, "-i", "published-fastpath", "--graphs", "20", status=1)
    assert data["cells"][0]["verdict"] == "wrong"
    names = {finding["case"] for finding in findings(data)
             if finding["battery"] == "suite"}
    suite = data["cells"][0]["batteries"][0]
    if suite["missing"]:
        pytest.skip(suite["missing"])
    assert {"test_reduce_4tuple", "test_reduce_5tuple", "test_reduce_6tuple"} <= names
    assert "published-fastpath is no correct deepcopy" in done.err, done


def test_a_shallow_copy_is_no_deepcopy(dcbench):
    done = dcbench("verify", "-i", "shallow=copy:copy", "--battery", "cases", status=1)
    assert re.search(r"^shallow: [\d,]+ of [\d,]+ wrong$", done.out, re.MULTILINE), done
    assert re.search(r"^  cases \w+: expected ", done.out, re.MULTILINE), done


def test_a_shared_list_is_found_and_can_be_made_again(dcbench, write):
    write("bad.py", SHARES)
    done = dcbench("verify", "-i", "bad=bad.py", "--battery", "graphs", status=1)
    expressions = re.findall(r"^    expression: (.*)$", done.out, re.MULTILINE)
    assert expressions, done
    names = {}
    exec(SHARES, names)
    shared = []
    for expression in expressions:
        x = eval(expression)
        if type(x) is not list:         # another way to ask, which the finding tells
            continue
        copy = names["deepcopy"](x)
        shared += [expression for one, other in zip(x, copy)
                   if type(one) is list and one is other]
    assert "[[]]" in shared, done
    assert min(map(len, shared)) < 20, done


def test_the_same_seed_asks_the_same(dcbench):
    ask = ("-i", "published-fastpath", "--battery", "graphs", "--graphs", "60")
    first, again, other = (
        [(finding["case"], finding["expression"]) for finding in findings(
            verify(dcbench, *ask, "--seed", seed, status=1)[0])]
        for seed in ("5", "5", "6"))
    assert first == again
    assert first != other


# ---- workers that end badly ----

def bad(data):
    assert [cell["verdict"] for cell in data["cells"]] == ["correct", "wrong"]
    return data["cells"][1]


def test_a_crash_is_a_finding_with_its_case(dcbench, write):
    write("crash.py", CRASHES)
    data, _ = verify(dcbench, "-i", "stdlib,bad=crash.py", "--battery", "cases", status=1)
    cell, died = bad(data), findings(data, "died")
    assert died and all("SIGSEGV" in finding["got"] for finding in died), died
    assert any("ordered" in finding["case"].lower() for finding in died), died
    assert cell["batteries"][0]["passed"] > 0


def test_a_hang_is_a_finding_with_its_case(dcbench, write):
    write("hang.py", HANGS)
    data, _ = verify(dcbench, "-i", "stdlib,bad=hang.py", "--battery", "cases",
                     "--timeout", "0.5", status=1)
    bad(data)
    hung = findings(data, "hung")
    assert hung and any("ordered" in finding["case"].lower() for finding in hung), hung


def test_what_prints_and_leaves_is_wrong_and_not_heard(dcbench, write):
    write("leave.py", LEAVES)
    done = dcbench("verify", "-i", "bad=leave.py", "--battery", "cases", status=1)
    assert "\x1b" not in done.out + done.err, done
    words = " ".join(done.out.split())
    assert re.search(r" cases .*ordered_dict.*: died: .*exited with status 0", words), done


@pytest.mark.parametrize("text,why", [("def deepcopy(:\n", "SyntaxError"),
                                      ("other = 1\n", "deepcopy"),
                                      ("raise RuntimeError('not today')\n", "not today")])
def test_what_cannot_be_loaded_is_not_known(dcbench, write, text, why):
    write("mine.py", text)
    data, done = verify(dcbench, "-i", "stdlib,mine=mine.py", "--battery", "graphs",
                        "--graphs", "5", status=3)
    assert [cell["verdict"] for cell in data["cells"]] == ["correct", "unknown"]
    assert why in data["cells"][1]["failure"] and why in done.err, done


# ---- what is not there ----

def test_no_such_file(dcbench):
    assert "nowhere.py" in dcbench.usage_error("verify", "-i", "nowhere.py")


def test_two_of_one_label(dcbench, write):
    write("mine.py", SHARES)
    assert "mine" in dcbench.usage_error("verify", "-i", "mine=mine.py,mine=copy:deepcopy")


# ---- output ----

def test_all_outputs_of_one_verification(dcbench, write):
    write("bad.py", SHARES)
    done = dcbench("verify", "-i", "stdlib,bad=bad.py", "--battery", "graphs", "--graphs",
                   "30", "-o", "out.json", "--junit", "out.xml", "--summary", "out.md",
                   "--format", "csv", status=1)
    data = valid((dcbench.folder / "out.json").read_text())
    wrong = findings(data)
    assert wrong
    assert done.out.startswith("implementation,battery,case,outcome,")
    assert f"\nbad,graphs,{wrong[0]['case']},failed," in done.out, done
    suite, = ElementTree.parse(dcbench.folder / "out.xml").getroot()
    assert [case.get("name") for case in suite] == ["stdlib: graphs", "bad: graphs"]
    assert suite.get("name") == "verify"
    assert {case.get("classname") for case in suite} == {"dcbench.verify"}
    assert suite[0].find("failure") is None
    assert wrong[0]["case"] in suite[1].find("failure").text
    page = (dcbench.folder / "out.md").read_text()
    assert page.startswith("## dcbench: 1 failed of 2 checks\n")
    assert "| bad | wrong |" in page


def test_places_that_cannot_be_written_are_told_before_anything_runs(dcbench):
    done = dcbench("verify", "-o", "no/such/folder.json", status=3)
    assert done.out == "" and "--output" in done.err, done


def test_quiet_says_verdicts_and_what_is_wrong(dcbench, write):
    write("bad.py", SHARES)
    done = dcbench("verify", "-q", "-i", "bad=bad.py", "--battery", "graphs", "--graphs",
                   "30", status=1)
    assert lines(done)[0].split() == ["implementation", "verdict", "graphs"], done
    assert "expected" in done.out and "N of M" not in done.out, done


def test_no_progress_where_nobody_looks(dcbench):
    done = dcbench("verify", "-i", "stdlib", "--battery", "graphs", "--graphs", "50")
    assert done.err == ""


def test_no_other_command_takes_its_result(dcbench):
    dcbench("verify", "-i", "stdlib", "--battery", "graphs", "--graphs", "5", "-o", "v.json")
    for command in (("compare", "v.json", "v.json"), ("check", "v.json"),
                    ("convert", "v.json"), ("history", "v.json")):
        done = dcbench(*command, status=3)
        assert "'dcbench verify', not of a run" in done.err, done


# ---- interruption ----

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_known_when_interrupted_is_printed(dcbench, write, number):
    write("slow.py", STANDARD + """
import time
def deepcopy(x, memo=None):
    if memo is None:
        time.sleep(0.2)
    return standard(x, memo)
""")
    process = dcbench.start("verify", "-i", "stdlib,slow=slow.py", "--battery", "graphs",
                            "--graphs", "300", "-o", "out.json", "--progress", "always")
    seen = ""       # of the progress
    while not re.search(r"slow \(2 of 2\): graphs, [1-9]", seen):
        seen += process.stderr.read(1)
        assert process.poll() is None, seen
    process.send_signal(number)
    done = dcbench.finish(process)
    assert done.code == 128 + number, done
    assert "interrupted" in done.out, done
    data = valid((dcbench.folder / "out.json").read_text())
    assert data["interrupted"] == number
    assert [cell["verdict"] for cell in data["cells"]] == ["correct", "unknown"]
