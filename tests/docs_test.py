#!/usr/bin/env python3
"""The documents stay true: docs/configuration.md has a row for every option that echo_supervisord_conf prints."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, ROOT  # noqa: E402


class Docs(unittest.TestCase):
    def test_every_option_is_documented(self):
        sample = subprocess.run([os.path.join(BIN, "echo_supervisord_conf")], capture_output=True, text=True).stdout
        with open(os.path.join(ROOT, "docs", "configuration.md")) as f:
            sections = re.split(r"^## \[", f.read(), flags=re.M)[1:]
        documented = {re.match(r"[a-z_-]+", s).group(0): s for s in sections}
        kind, seen = None, 0
        for line in sample.splitlines():
            if header := re.match(r";?\[([a-z_-]+)", line):
                kind = header.group(1)
            elif option := re.match(r";?([a-z_.]+) ?=", line):
                key = option.group(1)
                where = documented[kind] + (documented["program"] if kind in ("eventlistener", "fcgi-program") else "")
                self.assertIn(f"| `{key}` |", where, f"{kind}.{key}")
                seen += 1
        self.assertGreater(seen, 70)


if __name__ == "__main__":
    unittest.main()
