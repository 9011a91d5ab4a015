#!/usr/bin/env python3
"""What compare.py and its parts compute, without any server."""

import types
import unittest

import cases
import compare
import contestants
import table


def options(**given):
    values = {"culvert": "culvert", "coturn": "turnserver", "limit": "forwarder", "uring": None,
              "proxies": False, "workers": 0, "threads": 1, "scrape": True, "culvert_option": [],
              "coturn_option": [], **given}
    return types.SimpleNamespace(**values)


def names_of(everyone):
    return [each.name for each in everyone]


def case_named(name):
    return cases.select(name)[0]


def summary(**values):
    return compare.summary_of([{"exit": 0, **values}], "work")


class RatiosTest(unittest.TestCase):
    more = cases.Case("more", "tls", (), "work", "")
    less = cases.Case("less", "tls", (), "work", "", less_is_better=True)

    def test_more_work_than_another_is_a_ratio_above_1(self):
        summaries = {"culvert": {"work": 30}, "coturn": {"work": 10}, "limit": {"work": 60}}
        self.assertEqual(compare.ratios_of(summaries, self.more), {"coturn": 3, "limit": 0.5})

    def test_less_memory_than_another_is_a_ratio_above_1(self):
        summaries = {"culvert": {"work": 10}, "coturn": {"work": 30}}
        self.assertEqual(compare.ratios_of(summaries, self.less), {"coturn": 3})

    def test_workers_are_measured_in_terms_of_one(self):
        summaries = {"culvert": {"work": 100}, "workers": {"work": 90}}
        self.assertEqual(compare.ratios_of(summaries, self.more), {"workers": 0.9})

    def test_who_has_no_figure_has_no_ratio(self):
        summaries = {"culvert": {"work": 100}, "coturn": {"work": None}}
        self.assertEqual(compare.ratios_of(summaries, self.more), {})


class ValuesTest(unittest.TestCase):
    def test_a_key_with_dots_goes_down_levels(self):
        run = {"delay_us": {"p99": 7}}
        self.assertEqual(compare.value_of(run, "delay_us.p99"), 7)
        self.assertIsNone(compare.value_of(run, "delay_us.p50"))
        self.assertIsNone(compare.value_of({}, "delay_us.p50"))

    def test_the_median_leaves_out_runs_without_the_figure(self):
        runs = [{"work": 1}, {}, {"work": 5}, {"work": None}, {"work": 3}]
        self.assertEqual(compare.median_of(runs, "work"), 3)


class HalfLoadTest(unittest.TestCase):
    def test_half_of_what_was_reached_is_spread_over_sessions_and_directions_and_found_once(self):
        runs = compare.Runs(types.SimpleNamespace(seconds=5), None)
        asked = []

        def run(case, contestant, further=(), seconds=None):
            asked.append((contestant, case.arguments, seconds))
            return {"exit": 0, "packets_per_second": 40000, "sessions": 100}

        runs.run = run
        case = case_named("delay-tls-160")
        self.assertEqual(runs.half_load(case, ["coturn", "culvert"]), ["--rate=100.0"])
        self.assertEqual(runs.half_load(case, ["coturn", "culvert"]), ["--rate=100.0"])
        self.assertEqual(asked, [("coturn", case.half_of, 2)])

    def test_who_cannot_do_it_is_passed_over(self):
        runs = compare.Runs(types.SimpleNamespace(seconds=5), None)
        runs.run = lambda case, contestant, further=(), seconds=None: (
            {"exit": 1} if contestant == "coturn" else
            {"exit": 0, "packets_per_second": 400, "sessions": 10})
        self.assertEqual(runs.half_load(case_named("delay-udp-160"), ["coturn", "culvert"]),
                         ["--rate=10.0"])


class ContestantsTest(unittest.TestCase):
    def test_culvert_is_the_first(self):
        self.assertEqual(names_of(contestants.chosen(options(proxies=True))),
                         ["culvert", "coturn", "limit", "nginx", "haproxy"])

    def test_none_leaves_out(self):
        self.assertEqual(names_of(contestants.chosen(options(coturn="none", limit="none"))),
                         ["culvert"])

    def test_workers_are_compared_with_one_worker_only(self):
        everyone = contestants.chosen(options(workers=2))
        self.assertEqual([(each.name, each.threads) for each in everyone],
                         [("culvert", 1), ("workers", 2)])

    def test_proxies_do_byte_streams_over_tls_only(self):
        proxy = contestants.Nginx()
        done = [case.name for case in cases.CASES if proxy.does(case)]
        self.assertEqual(done, ["tls-bulk-up", "tls-bulk-down", "tls-bulk-both", "connections-tls",
                                "connections-tls-resumed"])

    def test_bare_streams_have_ports_of_their_own(self):
        values = {"plain": 1, "tls": 2, "plain_stream": 3, "tls_stream": 4, "target": 5}
        limit = contestants.Forwarder("forwarder")
        servers = [limit.load_arguments(case_named(name), values)[0]
                   for name in ("udp-160-up", "tls-160-up", "tcp-bulk-up", "tls-bulk-up")]
        self.assertEqual([server.rsplit(":", 1)[1] for server in servers], ["1", "2", "3", "4"])


class TableTest(unittest.TestCase):
    def test_who_takes_no_part_has_a_dash(self):
        case = cases.Case("c", "tls", ("--rate=1",), "work", "")
        medians = {"culvert": summary(work=300, server_busy=0.5), "limit": summary(work=600)}
        result = {"case": "c", "metric": "work", "arguments": case.arguments,
                  "ratios": compare.ratios_of(medians, case), "median": medians}
        fields = table.row(result, ["culvert", "coturn", "limit"]).split()
        self.assertEqual(fields[:6], ["c", "300", "-", "600", "-", "0.50"])

    def test_a_row_of_a_starved_load_says_so(self):
        medians = {"culvert": summary(work=1, server_busy=0.3, generator_busy=0.2)}
        result = {"metric": "work", "arguments": [], "median": medians}
        self.assertIn("busy with something else during culvert", table.notes_of(result))
        self.assertEqual(table.notes_of({**result, "arguments": ["--rate=50"]}), "")


if __name__ == "__main__":
    unittest.main()
