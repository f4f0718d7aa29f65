#!/usr/bin/env python3
"""The vectors of docs/contract/http.md, section 10, by an independent client: Python's xmlrpc.client and http.client,
and bare sockets. Each table runs over a unix socket and over TCP on daemons of its own, all side by side, since most of
the time is waiting for programs. TROUPE_INTEROP=upstream runs the rows that both have in common on Debian's daemon."""
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interop import config_rows, envelope_rows, http_rows, harness, log_rows, process_rows, stream_rows  # noqa: E402

UPSTREAM = os.environ.get("TROUPE_INTEROP") == "upstream"
TABLES = [http_rows.TABLE, envelope_rows.TABLE, process_rows.ONE, process_rows.GROUPS, process_rows.TALK, log_rows.TABLE,
          config_rows.TABLE, stream_rows.TABLE]
RUNS = [(table, family) for table in TABLES for family in ("unix", "tcp")]


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outcomes = {}

        def work(table, family):
            try:
                cls.outcomes[table.name, family] = harness.run(table, family, UPSTREAM)
            except Exception as e:
                cls.outcomes[table.name, family] = e
        threads = [threading.Thread(target=work, args=run) for run in RUNS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def test_of(table, family):
    def test(self):
        outcome = self.outcomes[table.name, family]
        if isinstance(outcome, Exception):
            raise outcome
        self.assertTrue(outcome)
        for row, failure in outcome:
            with self.subTest(row=row.number, what=row.what):
                if failure:
                    self.fail(failure)
    return test


for run in RUNS:
    setattr(Interop, f"test_{run[0].name}_{run[1]}", test_of(*run))

if __name__ == "__main__":
    unittest.main()
