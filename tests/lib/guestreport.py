# SPDX-License-Identifier: Apache-2.0
"""
In the guest: a pytest plugin that writes what the tests give as lines of JSON to descriptor 3, for
guest.py on the host:
    {"start": NODEID}                                      a test begins
    {"node": NODEID, "when": ..., "outcome": ..., ...}     a part of it has ended: see report_of()
    {"collected": N}, {"error": TEXT}                      of the collection
    {"numbers": [SECTION, ROW, COLUMNS]}                   what reliability.note() got
"""
import json
import os

from lib import reliability

PORT = 3
os.set_inheritable(PORT, False)


def _say(**record):
    os.write(PORT, (json.dumps(record) + "\n").encode())


reliability.host = lambda *numbers: _say(numbers=numbers)


def report_of(report):
    """A TestReport as plain data; the text of a failure as the terminal would show it."""
    why = report.longrepr
    return {"node": report.nodeid, "when": report.when, "outcome": report.outcome,
            "why": list(map(str, why)) if isinstance(why, tuple) else why and str(why),
            "xfail": getattr(report, "wasxfail", None), "seconds": report.duration,
            "sections": report.sections}


def pytest_runtest_logstart(nodeid):
    _say(start=nodeid)


def pytest_runtest_logreport(report):
    _say(**report_of(report))


def pytest_collectreport(report):
    if report.failed:
        _say(error=f"{report.nodeid}: {report.longrepr}")


def pytest_collection_finish(session):
    _say(collected=len(session.items))
