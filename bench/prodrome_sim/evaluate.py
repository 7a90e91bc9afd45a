#!/usr/bin/env python3
# The team's simulator of symptom diaries, kept as it came (shared/prodrome_sim).
"""Replay simulated diaries through a prodrome detector and score it (standard library only).

    python evaluate.py                                   # the built-in example rule
    python evaluate.py --detector diary.prodrome:assess --seeds 1 2 3
    python evaluate.py --detector diary.prodrome:assess --contract

See README.md for the detector's signature and for what the numbers mean.
"""
import argparse
import copy
import importlib
import random
import statistics
import time
from datetime import datetime, timedelta

from simulate import simulate

HISTORY = timedelta(days=90)
LEVELS = {"none": 0, "watch": 1, "act": 2}
DAY = timedelta(days=1)


def example_rule(entries, now, profile=None):
    """Three or more symptoms today: the naive rule to beat."""
    today = {}
    for e in entries:
        if now - DAY < e["at"] <= now:
            today.update({s: v for s, v in (e["symptoms"] or {}).items() if v})
    level = "watch" if len(today) >= 3 else "none"
    if len(today) >= 5:
        level = "act"
    reasons = [{"code": s, "kind": "present", "detail": v} for s, v in sorted(today.items())]
    return {"level": level, "score": float(len(today)), "reasons": reasons if level != "none" else []}


def get(result, name):
    return result[name] if isinstance(result, dict) else getattr(result, name)


def replay(entries, profile, detector):
    """Yields (now, result) for every save, edit and back-fill, in the order in which they were saved."""
    current = {}
    for raw in entries:
        e = {k: raw[k] for k in ("entry_id", "symptoms", "vitals", "tags")}
        e["at"] = datetime.fromisoformat(raw["at"])
        e["recorded_at"] = now = datetime.fromisoformat(raw["recorded_at"])
        current[e["entry_id"]] = e
        seen = sorted((x for x in current.values() if now - HISTORY < x["at"] <= now), key=lambda x: (x["at"], x["entry_id"]))
        yield now, detector(seen, now, profile)


def score(runs, level):
    """runs: list of (days, truth, [(now, result)])"""
    attacks = hit = with_trace = hit_trace = false = true = alert_days = 0
    leads, years = [], 0.0
    for days, truth, results in runs:
        leaks = [datetime.fromisoformat(a["leak_onset"]) for a in truth]
        alerts = sorted(now for now, r in results if LEVELS[get(r, "level")] >= level)
        after = [any(x <= t < x + 14 * DAY for x in leaks) for t in alerts]
        years += max(1, days - 14 * len(leaks)) / 365.25
        alert_days += len({t.date() for t, skip in zip(alerts, after) if not skip})
        for a, leak in zip(truth, leaks):
            attacks += 1
            with_trace += a["loggable"]
            early = [t for t in alerts if leak - 3 * DAY <= t < leak]
            if early:
                hit += 1
                hit_trace += a["loggable"]
                leads.append((leak - early[0]).total_seconds() / 3600)
        i = 0
        while i < len(alerts):
            if after[i]:
                i += 1
                continue
            j = i
            while j < len(alerts) and alerts[j] < alerts[i] + 7 * DAY:
                j += 1
            if any(alerts[i] < x <= alerts[j - 1] + 5 * DAY for x in leaks):
                true += 1
            else:
                false += 1
            i = j
    return {"attacks": attacks, "sensitivity_72h": hit / max(1, attacks),
            "sensitivity_with_trace": hit_trace / max(1, with_trace),
            "median_lead_h": statistics.median(leads) if leads else 0.0,
            "false_episodes_per_year": false / years, "alert_days_per_year": alert_days / years,
            "ppv": true / max(1, true + false)}


def check_contract(detector):
    """The properties that every detector must have, whatever its accuracy."""
    patient, entries, _ = simulate(99, 1, 1.0)[0]
    rng, n, slow = random.Random(5), 0, 0.0
    for now, _ in replay(entries, patient["profile"], lambda e, t, p: e):
        n += 1
    seen_all = list(replay(entries, patient["profile"], lambda e, t, p: e))
    for now, seen in rng.sample(seen_all, min(40, n)):
        before = copy.deepcopy(seen)
        t = time.perf_counter()
        r = detector(seen, now, patient["profile"])
        slow = max(slow, time.perf_counter() - t)
        assert seen == before, "the detector changed its input"
        assert get(r, "level") in LEVELS and isinstance(get(r, "score"), (int, float))
        assert get(r, "level") == "none" or get(r, "reasons"), "an alert without reasons"
        mixed = seen[:]
        rng.shuffle(mixed)
        assert get(detector(mixed, now, patient["profile"]), "score") == get(r, "score"), "depends on the order of entries"
        assert get(detector(seen, now, patient["profile"]), "score") == get(r, "score"), "not deterministic"
        extra = [{**e, "symptoms": {**(e["symptoms"] or {}), "not_a_known_code": 2}} for e in seen]
        detector(extra, now, patient["profile"])
        detector([{**e, "symptoms": None} for e in seen], now, None)
    assert get(detector([], datetime(2024, 1, 1), None), "level") == "none"
    old = {"entry_id": "x", "at": datetime(2024, 1, 1, 9), "recorded_at": datetime(2024, 1, 20, 9),
           "symptoms": {s: 3 for s in ("dizziness", "weakness", "thirst", "nausea", "myalgia")}, "vitals": {}, "tags": []}
    assert get(detector([old], datetime(2024, 1, 20, 9), None), "level") == "none", "a 19-day-old back-fill raised an alert now"
    print(f"contract ok; slowest of the sampled calls {slow * 1000:.1f} ms")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--detector", default="")
    p.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    p.add_argument("--patients", type=int, default=50)
    p.add_argument("--years", type=float, default=2.0)
    p.add_argument("--contract", action="store_true")
    a = p.parse_args()
    detector = example_rule
    if a.detector:
        module, name = a.detector.split(":")
        detector = getattr(importlib.import_module(module), name)
    if a.contract:
        return check_contract(detector)
    for seed in a.seeds:
        t, calls, runs = time.perf_counter(), 0, []
        for patient, entries, truth in simulate(seed, a.patients, a.years):
            results = list(replay(entries, patient["profile"], detector))
            calls += len(results)
            runs.append((patient["days"], truth, results))
        print(f"seed {seed}: {calls} assessments, {1000 * (time.perf_counter() - t) / max(1, calls):.2f} ms each")
        for level in ("watch", "act"):
            print(f"  {level:6s}", {k: round(v, 2) for k, v in score(runs, LEVELS[level]).items()})


if __name__ == "__main__":
    main()
