#!/usr/bin/env python3
"""Updates that restart one process after the other, and what comes between, on the built binaries: another worker or
binary goes on with the new definitions; who is disabled, or whom an operator stops meanwhile, stays stopped, and that is no
failure; so does who changes his group. docs/contract/programs.md, 6, 7 and 11. Nothing is decided by how long something
takes."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from details_test import row  # noqa: E402
from rpc_support import _Connection as UnixConnection  # noqa: E402
from support import free_port, status_field, wait_until  # noqa: E402
from update_test import SLOW, House, program  # noqa: E402
from update_watch_test import Client, becomes, open_door  # noqa: E402

READY = "ready=exec:/usr/bin/test -e {dir}/%(process_num)s\n"
NAMES = [f"w:w_0{i}" for i in range(3)]


def web(more="", command="/bin/cat", count=3):
    return program("w", "directory={dir}\n" + more, command, count)


def umasks(d):
    pids = d.pids()
    return [f"{status_field(pids[name], 'Umask'):04}" for name in NAMES]


def api(d, method, path, body=None):
    c = UnixConnection(f"{d.dir}/s.sock")
    c.request(method, "/api/v1/" + path, json.dumps(body) if body is not None else None,
              {"Content-Type": "application/json"} if body is not None else {})
    answer = json.loads(c.getresponse().read())
    c.close()
    return answer


def is_over(d, number=0):
    def state():
        return api(d, "GET", f"rollouts/{number}" if number else "rollouts")
    wait_until(lambda: state()["state"] != "running", "the rolling restart to end")
    return state()


def interrupt(d, how):
    if how == "kill":
        d.kill_worker()
    else:
        assert d.ctl("upgrade")[0] == 0


def open_gates(d, *numbers):
    for n in numbers:
        d.write(str(n), "")


class CutOff(unittest.TestCase):
    """The worker dies, or is another binary, amid the rolling restart of an update."""
    GOES_ON = "its rolling restart 1 goes on\n"

    def house(self, **more):
        return House(web(**more), "survive=true\n", port=free_port())

    def test_the_others_have_their_new_definition(self):
        for how in "kill", "upgrade":
            with self.subTest(how=how), self.house() as d:
                d.run(*NAMES)
                d.define(web("umask=077\n" + READY))
                with Client(d, "apply", "--rolling") as ctl:
                    becomes(d, NAMES[0], "STARTING")
                    interrupt(d, how)
                    self.assertEqual(ctl.rest(), (1, "ERROR: the update was cut off: another supervisord has taken over; " +
                                                  self.GOES_ON))
                open_gates(d, 0, 1, 2)
                self.assertEqual(is_over(d, 1)["state"], "done")
                self.assertEqual(umasks(d), 3 * ["0077"])
                self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
                self.assertEqual(d.ctl("apply"), (0, ""))

    def test_amid_a_stop(self):
        for how in "kill", "upgrade":
            with self.subTest(how=how), self.house(command=SLOW) as d:
                d.make_door()
                d.run(*NAMES)
                d.define(web("umask=077\n", command=SLOW))
                with Client(d, "apply", "--rolling") as ctl:
                    becomes(d, NAMES[0], "STOPPING")
                    interrupt(d, how)
                    self.assertEqual(ctl.rest()[0], 1)
                for name in NAMES:
                    becomes(d, name, "STOPPING")
                    open_door(d)
                self.assertEqual(is_over(d, 1)["state"], "done")
                self.assertEqual(umasks(d), 3 * ["0077"])
                self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))

    def test_files_that_are_read_again_meanwhile(self):
        """They count for the next update, not for this one."""
        with self.house() as d:
            d.run(*NAMES)
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                d.kill_worker()
                ctl.rest()
            d.define(web("umask=007\n" + READY))
            self.assertEqual(d.ctl("reread")[0], 0)
            open_gates(d, 0, 1, 2)
            self.assertEqual(is_over(d, 1)["state"], "done")
            self.assertEqual(umasks(d), 3 * ["0077"])

    def test_a_newer_definition_counts(self):
        """Of another update, which does not wait for what is left of the one that was cut off."""
        with self.house() as d:
            d.run(*NAMES)
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                d.kill_worker()
                ctl.rest()
            d.define(web("umask=007\n" + READY))
            with Client(d, "apply") as ctl:
                open_gates(d, 0, 1, 2)
                ctl.rest()
            is_over(d, 1)
            d.run(*NAMES)
            d.ctl("apply")
            d.run(*NAMES)
            self.assertEqual(umasks(d), 3 * ["0007"])
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))

    def test_whoever_does_not_watch(self):
        with self.house() as d:
            d.run(*NAMES)
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling", "--json") as ctl:
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("upgrade")[0], 0)
                status, said = ctl.rest()
                text, document = said.splitlines()  # stderr, and the document
                self.assertEqual((status, text + "\n"), (1, "ERROR: supervisord was upgraded amid the update; " + self.GOES_ON))
                self.assertEqual(json.loads(document)["error"]["text"], text)
            open_gates(d, 0, 1, 2)
            self.assertEqual(is_over(d, 1)["state"], "done")
            self.assertEqual(umasks(d), 3 * ["0077"])

    def test_a_plain_one_has_the_definitions_that_there_are(self):
        with self.house(more=READY) as d:
            open_gates(d, 0, 1, 2)
            d.run(*NAMES)
            os.unlink(f"{d.dir}/0")
            d.define(web("umask=077\n" + READY))
            with Client(d, "restart", "w:*", "--rolling"):
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("reread")[0], 0)
                d.kill_worker()
                open_gates(d, 0)
                self.assertEqual(is_over(d, 1)["state"], "done")
            self.assertEqual(umasks(d), 3 * ["0022"])


class Disabled(unittest.TestCase):
    """As with `restart` of a group: who is disabled is not started, but by his name."""

    def test_of_a_group(self):
        for word in "w:*", "all":
            with self.subTest(word=word), House(web()) as d:
                d.run(*NAMES)
                self.assertEqual(d.ctl("disable", NAMES[1])[0], 0)
                self.assertEqual(d.ctl("restart", word, "--rolling"),
                                 (0, f"{NAMES[0]}: stopped\n{NAMES[0]}: started\n{NAMES[2]}: stopped\n"
                                     f"{NAMES[2]}: started\n{NAMES[1]}: stopped\n"))
                self.assertEqual(d.infos()[NAMES[1]]["statename"], "STOPPED")
                self.assertEqual(d.ctl("restart", word, "--rolling", "--all")[1].count("started"), 2)
                self.assertEqual(d.infos()[NAMES[1]]["statename"], "STOPPED")

    def test_by_its_name(self):
        with House(web()) as d:
            d.run(*NAMES)
            self.assertEqual(d.ctl("disable", NAMES[1], "--now")[0], 0)
            self.assertEqual(d.ctl("restart", *NAMES[:2], "--rolling", "--all")[1].count("started"), 2)
            self.assertEqual(d.infos()[NAMES[1]]["statename"], "RUNNING")
            self.assertEqual(d.ctl("restart", "w:*", NAMES[1], "--rolling")[1].count("started"), 3)

    def test_one_of_two(self):
        with House(web(count=2)) as d:
            d.run(*NAMES[:2])
            self.assertEqual(d.ctl("disable", NAMES[0])[0], 0)
            self.assertEqual(d.ctl("restart", "w:*", "--rolling"),
                             (0, f"{NAMES[1]}: stopped\n{NAMES[1]}: started\n{NAMES[0]}: stopped\n"))

    def test_one_of_several_goes_on(self):
        with House(web(count=2)) as d:
            d.run(*NAMES[:2])
            self.assertEqual(d.ctl("disable", "w:*")[0], 0)
            self.assertEqual(d.ctl("restart", "w:*", "--rolling"), (0, f"{NAMES[0]}: stopped\n"))
            self.assertEqual(d.infos()[NAMES[1]]["statename"], "RUNNING")

    def test_as_configured_and_over_the_api(self):
        with House(web("restartmode=rolling\n")) as d:
            d.run(*NAMES)
            self.assertEqual(d.ctl("disable", NAMES[1])[0], 0)
            self.assertEqual(d.ctl("restart", "w:*")[1].count("started"), 2)
            self.assertEqual(d.infos()[NAMES[1]]["statename"], "STOPPED")
            self.assertEqual(d.ctl("start", NAMES[1])[0], 0)
            number = api(d, "POST", "rollouts", {"names": ["*:*"]})["rollout"]
            is_over(d, number)
            self.assertEqual(d.infos()[NAMES[1]]["statename"], "STOPPED")
            number = api(d, "POST", "rollouts", {"names": [NAMES[1]], "flags": {"all": True}})["rollout"]
            is_over(d, number)
            self.assertEqual(d.infos()[NAMES[1]]["statename"], "RUNNING")

    def test_amid_an_update(self):
        """What it does not stop it does not stop any more: as `apply` of who is disabled."""
        with House(web()) as d:
            d.run(*NAMES)
            before = d.pids()
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("disable", NAMES[1])[0], 0)
                open_gates(d, 0, 1, 2)
                self.assertEqual(ctl.rest(), (0, f"{NAMES[0]}: restarted\n{NAMES[2]}: restarted\n{NAMES[1]}: changed\n"
                                                 "w: updated process group\n"))
            self.assertEqual(d.pids()[NAMES[1]], before[NAMES[1]])
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))


class StoppedMeanwhile(unittest.TestCase):
    """An operator's stop is no failure of what he came into: in words, in JSON and in the exit status."""

    def amid(self, d, words, whom):
        d.run(*NAMES)
        d.define(web("umask=077\n" + READY))
        with Client(d, *words) as ctl:
            becomes(d, NAMES[0], "STARTING")
            self.assertEqual(d.ctl("stop", whom)[0], 0)
            open_gates(d, 0, 1, 2)
            return ctl.rest()

    def test_of_one_that_waits(self):
        with House(web()) as d:
            self.assertEqual(self.amid(d, ["apply", "--rolling"], NAMES[1]),
                             (0, f"{NAMES[0]}: restarted\n{NAMES[2]}: restarted\n{NAMES[1]}: changed\nw: updated process group\n"))
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            self.assertEqual(d.ctl("why", NAMES[1]), (0, f"{NAMES[1]}: STOPPED by an operator\n"))
            self.assertEqual(d.ctl("start", NAMES[1])[0], 0)
            self.assertEqual(umasks(d), 3 * ["0077"])

    def test_of_one_that_starts(self):
        with House(web()) as d:
            self.assertEqual(self.amid(d, ["apply", "--rolling"], NAMES[0]),
                             (0, f"{NAMES[1]}: restarted\n{NAMES[2]}: restarted\n{NAMES[0]}: changed\nw: updated process group\n"))
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            self.assertEqual(d.ctl("why", NAMES[0]), (0, f"{NAMES[0]}: STOPPED by an operator\n"))

    def test_in_json(self):
        with House(web()) as d:
            status, text = self.amid(d, ["apply", "--rolling", "--json"], NAMES[1])
            self.assertEqual(status, 0)
            self.assertEqual([(s["name"], s["what"]) for s in json.loads(text)["steps"]],
                             [(NAMES[0], "restarted"), (NAMES[2], "restarted"), (NAMES[1], "changed"),
                              ("w", "updated process group")])

    def test_of_one_that_starts_with_all_others(self):
        with House(web()) as d:
            status, text = self.amid(d, ["apply"], NAMES[0])
            self.assertEqual((status, sorted(text.splitlines())),
                             (0, ["w: updated process group", f"{NAMES[0]}: changed", f"{NAMES[1]}: restarted",
                                  f"{NAMES[2]}: restarted"]))

    def test_of_one_that_stops(self):
        with House(web(command=SLOW), port=free_port()) as d:
            d.make_door()
            d.run(*NAMES)
            d.define(web("umask=077\n", command=SLOW))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STOPPING")
                with Client(d, "stop", NAMES[0]) as stop:
                    wait_until(lambda: row(d, NAMES[0]).get("reason") != "rolling", "the stop to be his")
                    for name in NAMES:
                        becomes(d, name, "STOPPING")
                        open_door(d)
                    self.assertEqual(stop.rest(), (0, f"{NAMES[0]}: stopped\n"))
                self.assertEqual(ctl.rest(), (0, f"{NAMES[1]}: restarted\n{NAMES[2]}: restarted\n{NAMES[0]}: changed\n"
                                                 "w: updated process group\n"))
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))

    def test_of_a_rolling_restart(self):
        with House(web(READY)) as d:
            open_gates(d, 0, 1, 2)
            d.run(*NAMES)
            os.unlink(f"{d.dir}/0")
            with Client(d, "restart", "w:*", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("stop", NAMES[0])[0], 0)
                self.assertEqual(ctl.rest(), (0, f"{NAMES[0]}: stopped\n{NAMES[1]}: stopped\n{NAMES[1]}: started\n"
                                                 f"{NAMES[2]}: stopped\n{NAMES[2]}: started\n"))
            self.assertEqual(api(d, "GET", "rollouts")["state"], "done")

    def test_until_one_is_left(self):
        """Which stays, and is not restarted; that it is nobody's failure is said."""
        with House(web(READY)) as d:
            open_gates(d, 0, 1, 2)
            d.run(*NAMES)
            os.unlink(f"{d.dir}/0")
            with Client(d, "restart", "w:*", "--rolling", "--timeout", "1") as ctl:
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("stop", NAMES[1], NAMES[0])[0], 0)
                self.assertEqual(ctl.rest(), (1, f"{NAMES[0]}: stopped\nERROR: rolling restart of w stopped: no other one "
                                                 f"is in service, not restarted: {NAMES[2]}\n"))
            self.assertEqual(d.infos()[NAMES[2]]["statename"], "RUNNING")

    def test_who_ends_by_himself_has_the_new_definition(self):
        with House(web()) as d:
            d.run(*NAMES)
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                os.kill(d.pids()[NAMES[1]], 9)
                becomes(d, NAMES[1], "EXITED")
                open_gates(d, 0, 1, 2)
                self.assertEqual(ctl.rest()[0], 0)
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))

    def test_restarted_by_somebody_else(self):
        """It has its turn all the same."""
        with House(web()) as d:
            d.run(*NAMES)
            d.define(web("umask=077\n" + READY))
            with Client(d, "apply", "--rolling") as ctl:
                becomes(d, NAMES[0], "STARTING")
                self.assertEqual(d.ctl("restart", NAMES[1])[0], 0)
                open_gates(d, 0, 1, 2)
                self.assertEqual(ctl.rest()[0], 0)
            self.assertEqual(umasks(d), 3 * ["0077"])


class Status(unittest.TestCase):
    def test_json_has_that_of_the_lines(self):
        with House(web()) as d:
            d.run(*NAMES)
            for words in (["apply"], ["apply", "--json"]):
                d.define(web(command="/nowhere/at/all" + "/x" * len(words)))
                status, text = d.ctl(*words)
                self.assertEqual(status, 1, text)
            self.assertEqual({s["what"] for s in json.loads(text)["steps"]}, {"failed", "updated process group"})


class AnotherGroup(unittest.TestCase):
    """What an operator stops while an update moves it to another group, or makes its group anew, stays stopped."""

    def moved(self, before, after, old, new, more=(), mode="updatemode=process\n"):
        with House(before, port=free_port(), mode=mode) as d:
            d.make_door()
            d.run(old, *more)
            d.define(after)
            with Client(d, "apply") as ctl:
                becomes(d, old, "STOPPING")
                with Client(d, "stop", old) as stop:
                    wait_until(lambda: row(d, old).get("reason") != "update", "the stop to be his")
                    open_door(d)
                    self.assertEqual(stop.rest(), (0, f"{old}: stopped\n"))
                status, text = ctl.rest()
            self.assertEqual(status, 0, text)
            self.assertEqual(d.infos()[new]["statename"], "STOPPED", text)
            self.assertEqual(d.infos()[new]["spawnerr"], "")
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            why = d.ctl("why", new)[1]
            self.assertEqual(d.ctl("start", new)[0], 0)
            return text, why

    def test_a_new_group(self):
        p = program("p", "directory={dir}", SLOW)
        text, why = self.moved(p, p + "[group:g]\nprograms=p\n", "p", "g:p")
        self.assertEqual(text, "p: stopped\np: removed process group\ng: added process group\n")
        self.assertEqual(why, "g:p: STOPPED by an operator\n")

    def test_a_group_that_there_is(self):
        both = program("p", "directory={dir}", SLOW) + program("q")
        text, _ = self.moved(both + "[group:g]\nprograms=q\n", both + "[group:g]\nprograms=q,p\n", "p", "g:p", ["g:q"])
        self.assertIn("g:p: added\n", text)
        self.assertNotIn("started", text)

    def test_from_a_group_that_stays(self):
        both = program("p", "directory={dir}", SLOW) + program("q")
        self.moved(both + "[group:g]\nprograms=q,p\n", both + "[group:g]\nprograms=q\n", "g:p", "p", ["g:q"])

    def test_a_group_that_is_made_anew(self):
        both = [program("p", f"directory={{dir}}\numask={mask}", SLOW) + program("q", f"umask={mask}") +
                "[group:g]\nprograms=q,p\n" for mask in ("022", "077")]
        text, why = self.moved(*both, "g:p", "g:p", ["g:q"], mode="updatemode=group\n")
        self.assertEqual(text, "g: stopped\ng: updated process group\n")
        self.assertEqual(why, "g:p: STOPPED by an operator\n")

    def test_what_was_stopped_before_starts(self):
        """As with Supervisor's update: it is another process."""
        p = program("p")
        with House(p) as d:
            d.run("p")
            self.assertEqual(d.ctl("stop", "p")[0], 0)
            d.define(p + "[group:g]\nprograms=p\n")
            self.assertEqual(d.ctl("apply")[0], 0)
            d.run("g:p")


if __name__ == "__main__":
    unittest.main()
