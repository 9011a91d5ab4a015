"""The table that compare.py prints: a line per case."""

# Above this share of its CPU the generator, not the server, may have been the limit.
GENERATOR_LIMIT = 0.95
# Load without a fixed rate keeps one of both busier than this, unless something else has their CPUs.
IDLE_LIMIT = 0.7
RATIO_HEADS = {"limit": "of limit", "workers": "x1worker"}


def head(names):
    ratios = [RATIO_HEADS.get(name, "x " + name) for name in names[1:]]
    return (f"{'case':<24}" + "".join(f"{name:>16}" for name in names) +
            "".join(f"{ratio:>10}" for ratio in ratios) +
            f"  {'loss':<{8 * len(names)}}{'server busy':<{7 * len(names)}}notes")


def row(result, names):
    medians = [result["median"].get(name, {}) for name in names]
    loss = " / ".join(loss_of(summary) for summary in medians)
    busy = " / ".join(figure(summary.get("server_busy")) for summary in medians)
    return (f"{result['case']:<24}" +
            "".join(f"{figure(summary.get(result['metric'])):>16}" for summary in medians) +
            "".join(f"{figure(result['ratios'].get(name)):>10}" for name in names[1:]) +
            f"  {loss:<{8 * len(names)}}{busy:<{7 * len(names)}}{notes_of(result)}")


def figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def loss_of(summary):
    share = summary.get("loss_share")
    return "-" if share is None else f"{share:.2%}"


def has_fixed_rate(result):
    fixed = ("--rate", "--work=idle")
    return any(argument.startswith(fixed) for argument in result["arguments"])


def is_starved(result, summary):
    busiest = max(summary["server_busy"] or 0, summary["generator_busy"] or 0)
    return not has_fixed_rate(result) and 0 < busiest < IDLE_LIMIT


def details_of(result, name, summary):
    """What a case has to say besides its figure."""
    details = []
    if result["metric"] == "delay_us.p99":
        delays = "/".join(figure(summary[f"delay_us.{part}"]) for part in ("p50", "p99", "p999"))
        details.append(f"{name} p50/p99/p99.9 {delays} us")
    if "--resume=true" in result["arguments"] and summary["resumed_share"] is not None:
        details.append(f"{name} resumed {summary['resumed_share']:.0%}")
    if summary["storm_delay_us.p99"] is not None:
        quiet, storm = (figure(summary[f"{part}_delay_us.p99"]) for part in ("quiet", "storm"))
        details.append(f"{name} p99 {quiet} us, in the storm {storm} us, of "
                       f"{summary['storm_clients']:.0f} clients, "
                       f"{figure(summary['storm_clients_per_second'])} a second"
                       + (f", {summary['storm_failed']:.0f} failed" if summary["storm_failed"] else "")
                       + (f", {summary['lookups']:.0f} look-ups of {summary['storm_users']:.0f} users"
                          if summary["lookups"] else ""))
    return details


def notes_of(result):
    notes, limited, starved = [], [], []
    for name, summary in result["median"].items():
        notes += details_of(result, name, summary)
        if any(code != 0 for code in summary["exits"]):
            why = "; ".join(summary["errors"]) or "damaged, lost, ended or refused, see JSON"
            notes.append(f"{name} exits {summary['exits']}: {why}")
        if (summary["generator_busy"] or 0) > GENERATOR_LIMIT:
            limited.append(name)
        elif is_starved(result, summary):
            starved.append(name)
    if limited:
        notes.append(f"generator was the limit for {', '.join(limited)}")
    if starved:
        notes.append(f"the machine was busy with something else during {', '.join(starved)}")
    return "; ".join(notes)
