#!/usr/bin/env python3
"""Tests of the table-making, without network and without femsynth."""

import pathlib
import stat
import tarfile
import tempfile
import textwrap
import unittest

import conformance
import demos

# Stands for femsynth: answers by the demo's name.
FAKE = '''#!/usr/bin/env python3
import json, pathlib, sys, time
verb, file = sys.argv[1:3]
name = pathlib.Path(file).stem
form = sys.argv[sys.argv.index("--form") + 1] if "--form" in sys.argv else None
if name == "Bad":
    print("Bad.py:7:15: error: inner() of a scalar | a vector", file=sys.stderr)
    print("    a = inner(u, w)", file=sys.stderr)
    sys.exit(2)
def entry(n):
    return {"name": n, "lines": {"cuda": 40}, "seconds": {"read the form file": 0.002,
            "lower": 0.001, "NVRTC": 5.0}, "kernels": [
            {"kind": "fill", "per": "value", "operations": {"flops": 0}},
            {"kind": "integral", "per": "cell", "operations": {"flops": 1000}},
            {"kind": "integral", "per": "facet", "operations": {"flops": 20}}]}
if verb == "compile":
    names = {"Elements": [], "Sparse": ["a"]}.get(name, ["a", "L"])
    forms = [entry(n) for n in names] if name != "Sparse" else [{"name": "a"}]
    print(json.dumps({"forms": forms}))
    sys.exit(0)
if name == "Slow":
    time.sleep(30)
if name == "Wrong":
    print(json.dumps({"reports": [{"form": "a", "verdict": "mismatch", "reason": "entry 3"}],
                      "checks": [{"quantity": "vector", "ratio": 12.0}, {"ratio": None}]}))
    sys.exit(1)
if name == "Nothing":
    print(json.dumps({"reports": [{"form": "a", "verdict": "untested", "reason": "not finite"}]}))
    sys.exit(1)
if name == "Half" and form != "a":
    print("error: the oracle has no such element", file=sys.stderr)
    sys.exit(3)
precision = sys.argv[sys.argv.index("--precision") + 1] if "--precision" in sys.argv else "f64"
print(json.dumps({"checks": [{"quantity": "numbering", "ratio": 9},
                             {"quantity": "vector", "ratio": 0.5 if precision == "c128" else 0.25}]}))
'''


class Examine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.binary = self.folder / "femsynth"
        self.binary.write_text(FAKE)
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)

    def row(self, name, text="", limit=10):
        demo = self.folder / f"{name}.py"
        demo.write_text(text)
        return conformance.examine(str(self.binary), demo, "auto", limit)

    def test_a_verified_demo_has_all_figures(self):
        row = self.row("Good")
        self.assertEqual((row.status, row.forms, row.lines, row.worst), ("verified", 2, 80, 0.25))
        self.assertEqual((row.cell_operations, row.facet_operations), (2000, 40))
        self.assertAlmostEqual(row.milliseconds, 4.0)  # the file once, two forms, no NVRTC

    def test_a_refused_demo_has_its_message_and_line(self):
        row = self.row("Bad")
        self.assertEqual(row.status, "refused")
        self.assertEqual(row.remark, "line 7: inner() of a scalar | a vector")
        self.assertIn(r"a scalar \| a vector", conformance.table([row]))

    def test_a_file_of_elements_is_no_failure(self):
        self.assertEqual(self.row("Elements").status, "elements only")

    def test_a_mismatch_is_one(self):
        row = self.row("Wrong")
        self.assertEqual((row.status, row.remark), ("mismatch", "a: entry 3"))
        self.assertEqual(row.worst, float("inf"))
        self.assertIn("not finite", conformance.table([row]))

    def test_a_demo_of_which_nothing_can_be_judged_is_no_mismatch(self):
        row = self.row("Nothing")
        self.assertEqual((row.status, row.worst, row.remark), ("untested", None, "a: not finite"))

    def test_forms_that_can_be_verified_count_alone(self):
        row = self.row("Half")
        self.assertEqual((row.status, row.worst), ("verified 1 of 2", 0.25))
        self.assertEqual(row.remark, "L: the oracle has no such element")

    def test_a_demo_past_the_limit_stays_compiled(self):
        row = self.row("Slow", limit=1)
        self.assertEqual(row.status, "compiled")
        self.assertIn("not done within 1 s", row.remark)

    def test_missing_fields_do_not_matter(self):
        row = self.row("Sparse")
        self.assertEqual((row.status, row.lines, row.milliseconds), ("verified", None, None))
        self.assertIn("| – | – | – |", conformance.table([row]))

    def test_a_complex_literal_asks_for_complex_kernels(self):
        row = self.row("Complex", "k = 3.2 + 1.0j\n")
        self.assertEqual((row.worst, row.remark), (0.5, "c128"))
        self.assertEqual(self.row("Real", "j2 = 1  # 2j\n").remark, "")

    def test_the_summary_counts_every_demo_once(self):
        rows = [self.row(name) for name in ("Good", "Bad", "Half", "Elements")]
        self.assertEqual(conformance.summary(rows),
                         "1 verified, 1 elements only, 1 refused, 1 verified in part")


class Archives(unittest.TestCase):
    def test_the_newest_archive_is_unpacked_and_its_demos_listed(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for version in ("2026.2.0", "2026.10.0"):
                demo = folder / f"fenics_ufl-{version}" / "demo"
                demo.mkdir(parents=True)
                for file in ("Mass.py", "test_demos.py", "Poisson.py"):
                    (demo / file).write_text(textwrap.dedent("a = 1\n"))
                with tarfile.open(folder / f"fenics_ufl-{version}.tar.gz", "w:gz") as tar:
                    tar.add(demo.parent, arcname=demo.parent.name)
            archive = demos.archive_of("fenics-ufl", folder)
            self.assertEqual(archive.name, "fenics_ufl-2026.10.0.tar.gz")
            work = folder / "work"
            work.mkdir()
            top = demos.unpack(archive, work)
            self.assertEqual([d.stem for d in demos.demos_of(top)], ["Mass", "Poisson"])


if __name__ == "__main__":
    unittest.main()
