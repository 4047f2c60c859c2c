"""Runs the tests of one folder (test_*.py) and counts them.

    python3 tests/harness/run.py [--counts FILE] FOLDER [NAME ...]

NAME is a part of a test's id; without any, all run. FILE gets "PASSED FAILED".
"""

import argparse
import os
import sys
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Result(unittest.TextTestResult):
    """Prints one line a test, with the time it took."""

    def __init__(self, stream, descriptions, verbosity):
        super().__init__(stream, descriptions, 0)
        self.dots = self.showAll = False
        self.passed = 0
        self._out = stream

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()

    def _line(self, word, test):
        took = time.monotonic() - self._began
        self._out.writeln(f"{word:6} {took:6.2f} s  {test.id()}")
        self._out.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line("FAILED", test)

    def addError(self, test, err):
        super().addError(test, err)
        if hasattr(self, "_began"):
            self._line("ERROR", test)


def only(suite, parts):
    """The tests of a suite whose id holds one of the parts."""
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(only(test, parts))
        elif any(part in test.id() for part in parts):
            kept.addTest(test)
    return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--counts")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    sys.path.insert(0, TOP)
    sys.dont_write_bytecode = True
    suite = unittest.defaultTestLoader.discover(
        os.path.join(TOP, args.folder), pattern="test_*.py", top_level_dir=os.path.join(TOP, args.folder))
    if args.names:
        suite = only(suite, args.names)
    result = unittest.TextTestRunner(sys.stdout, resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors)
    if args.counts:
        with open(args.counts, "w", encoding="ascii") as file:
            file.write(f"{result.passed} {failed}\n")
    sys.exit(1 if failed else 0)


main()
