#!/usr/bin/env python3
# The team's simulator of symptom diaries, kept as it came (shared/prodrome_sim).
"""A small simulator of ISCLS symptom diaries (standard library only).

It makes diaries with a known truth (when each attack's prodrome and leak began), so that a prodrome
detector can be tried out.  Simulated truth is not clinical evidence.

Each seed draws a "world" from RANGES (wide ranges, from the literature where there is any) and then
patients in that world, so try several seeds and prefer a detector that does well in all of them.

    python simulate.py --seed 1 --patients 50 --years 2 --out sim1
"""
import argparse
import csv
import json
import math
import os
import random
from datetime import datetime, timedelta

SYMPTOMS = ["fatigue", "weakness", "dizziness", "syncope", "myalgia", "headache", "fever", "chills",
            "nausea", "vomiting", "diarrhea", "abdominal_pain", "stuffy_nose", "sore_throat", "cough",
            "thirst", "low_urine", "edema_limbs", "dyspnea", "irritability", "poor_sleep",
            "joint_pain"]
SEVERITY_MAX = 3
START = datetime(2022, 1, 1)

RANGES = {                       # (low, high): one draw per world
    "attacks_per_year": (0.4, 2.6),      # registries 0.4-0.7, frequent attackers 2.6
    "ivig_share": (0.3, 0.8),
    "ivig_keeps": (0.02, 0.6),           # share of attacks left on IVIG
    "felt_prodrome": (0.6, 0.95),        # some attacks come without warning
    "prodrome_hours": (14, 60),          # world median; a few hours to 4 days per attack
    "infection_triggered": (0.25, 0.65),
    "colds_per_year": (1.0, 3.0),
    "flu_per_year": (0.1, 0.5),
    "stomach_bugs_per_year": (0.2, 0.6),
    "off_days_per_year": (5, 20),        # bad nights, travel, overexertion, heat
    "headache_attacks_per_year": (0, 3),
    "ivig_side_effects": (0.1, 0.4),
    "logs_per_day": (0.45, 0.9),
    "chronic_symptoms": (0.7, 2.5),      # mean number per patient
    "has_cuff": (0.3, 0.7),
    "sbp_sd": (7.0, 11.0),
    "stray_symptoms_per_day": (0.1, 0.4),
}
PRODROME = {  # chance that the symptom is part of an attack's prodrome; drawn per world from the range
    "fatigue": (.5, .9), "weakness": (.4, .8), "dizziness": (.3, .75), "myalgia": (.4, .7),
    "nausea": (.2, .6), "abdominal_pain": (.2, .5), "headache": (.2, .5), "chills": (.15, .4),
    "fever": (.1, .4), "thirst": (.2, .6), "diarrhea": (.1, .35), "vomiting": (.05, .3),
    "irritability": (.1, .4), "stuffy_nose": (.05, .3), "cough": (.05, .25), "low_urine": (.1, .4),
    "edema_limbs": (.1, .5), "syncope": (.03, .25)}
ILLNESS = {   # (days, {symptom: chance}, sbp, hr)
    "cold": ((5, 11), {"stuffy_nose": .85, "sore_throat": .65, "cough": .6, "headache": .3, "fatigue": .5,
                       "myalgia": .2, "chills": .1, "poor_sleep": .2}, 0, 2),
    "flu": ((4, 9), {"fever": .7, "chills": .6, "myalgia": .8, "fatigue": .9, "headache": .65, "cough": .75,
                     "sore_throat": .45, "weakness": .55, "nausea": .25, "dizziness": .15}, -3, 9),
    "stomach": ((1, 4), {"nausea": .75, "diarrhea": .8, "vomiting": .5, "abdominal_pain": .7, "fatigue": .6,
                         "dizziness": .2, "thirst": .3}, -5, 7),
    "off_day": ((1, 3), {"fatigue": .8, "poor_sleep": .7, "headache": .35, "myalgia": .3, "irritability": .3,
                         "dizziness": .08}, 0, 1),
    "headache": ((1, 2), {"headache": 1., "nausea": .5, "irritability": .3, "dizziness": .2}, 0, 0),
    "ivig": ((1, 3), {"headache": .75, "fatigue": .5, "chills": .3, "myalgia": .3, "nausea": .2}, 2, 3)}
CHRONIC = ["fatigue"] * 4 + ["joint_pain"] * 3 + ["poor_sleep"] * 3 + ["myalgia"] * 2 + [
    "headache", "stuffy_nose", "edema_limbs", "dizziness", "dyspnea", "abdominal_pain"]


def make_world(seed):
    rng = random.Random(f"world-{seed}")
    world = {k: rng.uniform(*v) for k, v in RANGES.items()}
    world["prodrome"] = {k: rng.uniform(*v) for k, v in PRODROME.items()}
    return world


def times(rng, per_year, days, winter=0.0):
    """Random event times; `winter` in 0..1 makes them more frequent around January."""
    out, t = [], 0.0
    while per_year > 0:
        t += rng.expovariate(per_year * (1 + winter) / 365.25)
        if t >= days:
            break
        if rng.random() * (1 + winter) < 1 + winter * math.cos(2 * math.pi * t / 365.25):
            out.append(t)
    return out


def simulate_patient(seed, number, years, world):
    rng = random.Random(f"{seed}-{number}")
    pid, days = f"s{number:03d}", int(years * 365)
    rate = world["attacks_per_year"] * rng.lognormvariate(-0.2, 0.6)
    on_ivig = rng.random() < world["ivig_share"]
    if on_ivig:
        rate *= world["ivig_keeps"]

    spells = []                                     # (begin, end, {symptom: severity}, sbp, hr)

    def ill(kind, begin):
        (lo, hi), chances, sbp, hr = ILLNESS[kind]
        end = begin + rng.uniform(lo, hi)
        spells.append((begin, end, {s: rng.uniform(.7, 2.6) for s, p in chances.items() if rng.random() < p}, sbp, hr))

    for kind, key, winter in (("cold", "colds_per_year", .6), ("flu", "flu_per_year", .9),
                              ("stomach", "stomach_bugs_per_year", .2), ("off_day", "off_days_per_year", 0),
                              ("headache", "headache_attacks_per_year", 0)):
        for t in times(rng, world[key] * rng.uniform(.4, 1.6), days, winter):
            ill(kind, t)
    infusions = [float(d) for d in range(rng.randrange(28), days, 28)] if on_ivig else []
    for t in infusions:
        if rng.random() < world["ivig_side_effects"]:
            ill("ivig", t + .5)

    attacks = []
    for leak in times(rng, rate, days - 6):
        if leak < 3 or (attacks and leak - attacks[-1]["leak"] < 21):
            continue
        felt = rng.random() < world["felt_prodrome"]
        hours = min(110, max(4, world["prodrome_hours"] * rng.lognormvariate(0, .7))) if felt else 2
        if rng.random() < world["infection_triggered"]:
            ill(rng.choice(["cold", "cold", "flu", "stomach"]), leak - rng.uniform(1, 5))
        signs = {}
        if felt:
            for s, p in world["prodrome"].items():
                if rng.random() < p:
                    late = s in ("low_urine", "edema_limbs", "syncope", "vomiting")
                    signs[s] = (leak - hours / 24 * (rng.uniform(0, .4) if late else rng.uniform(.3, 1)), rng.uniform(1, 2.8))
        attacks.append({"leak": leak, "begin": leak - hours / 24, "end": leak + rng.uniform(1, 4),
                        "well": leak + rng.uniform(4, 10), "signs": signs, "felt": felt,
                        "drop": max(0, rng.gauss(12, 6)), "vital_hours": rng.uniform(3, 20)})

    chronic = {}
    for _ in range(round(rng.expovariate(1 / world["chronic_symptoms"]))):
        chronic[rng.choice(CHRONIC)] = (rng.uniform(.4, .95), rng.uniform(.8, 1.7))   # how often, how bad
    cuff, scale = rng.random() < world["has_cuff"], rng.random() < .4
    sbp0, hr0, kg0, sbp_sd = rng.gauss(125, 12), rng.gauss(70, 7), rng.gauss(78, 12), world["sbp_sd"] * rng.uniform(.7, 1.3)
    when_ill = rng.uniform(-.2, .35)                # some log more when ill, some less
    well_days = world["logs_per_day"] * rng.uniform(.15, 1.3)

    def felt_at(t):
        """Latent severities, systolic and heart-rate shift, weight shift at time t."""
        sev, sbp, hr, kg = {}, 0.0, 0.0, 0.0
        for b, e, sy, ds, dh in spells:
            if b <= t < e:
                fade = min(1.0, 1.5 * (e - t) / (e - b))
                for s, v in sy.items():
                    sev[s] = max(sev.get(s, 0), v * fade)
                sbp += ds * fade
                hr += dh * fade
        for a in attacks:
            if a["begin"] - 1 <= t < a["well"]:
                for s, (b, v) in a["signs"].items():
                    if b <= t:
                        sev[s] = max(sev.get(s, 0), v if t < a["end"] else v * (a["well"] - t) / (a["well"] - a["end"]))
                near = 1 - (a["leak"] - t) * 24 / a["vital_hours"]
                if 0 < near <= 1:
                    sbp, hr, kg = sbp - a["drop"] * near, hr + 9 * near, kg + .7 * near
                if a["leak"] <= t < a["end"]:
                    sbp, hr, kg = sbp - 32, hr + 32, kg + 3
                    for s, v in (("weakness", 2.5), ("edema_limbs", 2), ("dizziness", 2), ("low_urine", 1.6)):
                        sev[s] = max(sev.get(s, 0), v)
        return sev, sbp, hr, kg

    entries = []

    def log(t, saved):
        sev, sbp, hr, kg = felt_at(t)
        for s, (often, how) in chronic.items():
            if rng.random() < often:
                sev[s] = max(sev.get(s, 0), how + rng.gauss(0, .4))
        if rng.random() < world["stray_symptoms_per_day"]:
            s = rng.choice(["fatigue", "headache", "poor_sleep", "myalgia", "joint_pain", "stuffy_nose", "nausea",
                            "abdominal_pain", "dizziness", "cough"])
            sev[s] = max(sev.get(s, 0), rng.uniform(.6, 1.6))
        symptoms = {}
        for s, v in sev.items():
            v = min(SEVERITY_MAX, max(0, round(v + rng.gauss(0, .25))))
            if v:
                symptoms[s] = v
        vitals = {}
        if saved == t:
            if cuff and rng.random() < .7:
                vitals["sbp"] = round(sbp0 + sbp + rng.gauss(0, sbp_sd))
                vitals["dbp"] = round(vitals["sbp"] * .6 + rng.gauss(3, 4))
                vitals["hr"] = round(hr0 + hr + rng.gauss(0, 5))
            if scale and rng.random() < .6:
                vitals["weight_kg"] = round(kg0 + kg + rng.gauss(0, .5), 1)
            if "fever" in symptoms and rng.random() < .5:
                vitals["temp_c"] = round(37.3 + .5 * symptoms["fever"] + rng.gauss(0, .2), 1)
        tags = ["ivig"] if any(0 <= t - x < 1 for x in infusions) and rng.random() < .8 else []
        entries.append({"patient_id": pid, "entry_id": f"{pid}-{len(entries)}", "rev": 0, "at": stamp(t),
                        "recorded_at": stamp(saved), "symptoms": symptoms, "vitals": vitals, "tags": tags})

    pause = set()
    for t in times(rng, 1, days):
        pause.update(range(int(t), int(t + rng.uniform(4, 30))))
    for a in attacks:                               # in hospital
        if rng.random() < .7:
            pause.update(range(int(a["leak"]) + 1, int(a["end"]) + 2))
    for d in range(days):
        if d in pause and rng.random() < .95:
            continue
        new = [s for s in felt_at(d + .6)[0] if s not in chronic]
        p = min(.97, max(.03, well_days + (when_ill + .15 if len(new) > 1 else 0)))
        if rng.random() < p:
            t = d + rng.choice([.34, .85]) + rng.uniform(-.05, .05)
            log(t, t)
            while len(new) > 1 and rng.random() < .35:
                t = d + rng.uniform(.3, .97)
                log(t, t)
        elif rng.random() < .07 and d + 4 < days:   # typed in later
            log(d + .85, d + rng.uniform(1.4, 3.9))
    for e in list(entries):                         # corrected later
        if rng.random() < .04 and e["symptoms"]:
            s = rng.choice(sorted(e["symptoms"]))
            changed = dict(e["symptoms"])
            changed[s] = min(SEVERITY_MAX, max(1, changed[s] + rng.choice([-1, 1])))
            later = datetime.fromisoformat(e["recorded_at"]) + timedelta(hours=rng.uniform(1, 30))
            entries.append({**e, "rev": 1, "symptoms": changed, "recorded_at": later.strftime("%Y-%m-%dT%H:%M")})
    entries.sort(key=lambda e: (e["recorded_at"], e["entry_id"], e["rev"]))

    truth = []
    for n, a in enumerate(attacks):
        trace = any(a["signs"] and stamp(a["begin"]) <= e["at"] and e["recorded_at"] < stamp(a["leak"])
                    and set(e["symptoms"]) & set(a["signs"]) - set(chronic) for e in entries)
        truth.append({"patient_id": pid, "attack": n, "prodrome_start": stamp(a["begin"]), "leak_onset": stamp(a["leak"]),
                      "leak_end": stamp(a["end"]), "has_prodrome": int(a["felt"]), "loggable": int(bool(trace))})
    profile = {"on_ivig": on_ivig}
    if rng.random() < .6:                           # answered the start-up questions
        profile["usual"] = {s: max(1, round(how)) for s, (often, how) in chronic.items() if often > .5}
        profile["attacks_last_year"] = min(12, int(rate + rng.random()))
    patient = {"patient_id": pid, "start": START.strftime("%Y-%m-%d"), "days": days, "profile": profile}
    return patient, entries, truth


def stamp(t):
    return (START + timedelta(minutes=round(t * 1440))).strftime("%Y-%m-%dT%H:%M")


def simulate(seed=1, patients=50, years=2.0):
    """-> list of (patient, entries, truth); the same seed always gives the same diaries."""
    world = make_world(seed)
    return [simulate_patient(seed, n, years, world) for n in range(patients)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--patients", type=int, default=50)
    p.add_argument("--years", type=float, default=2.0)
    p.add_argument("--out", default="sim")
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    sims = simulate(a.seed, a.patients, a.years)
    with open(os.path.join(a.out, "diary.jsonl"), "w") as f:
        for _, entries, _ in sims:
            for e in entries:
                f.write(json.dumps(e) + "\n")
    with open(os.path.join(a.out, "attacks.csv"), "w", newline="") as f:
        w = csv.DictWriter(f, "patient_id attack prodrome_start leak_onset leak_end has_prodrome loggable".split())
        w.writeheader()
        for _, _, truth in sims:
            w.writerows(truth)
    with open(os.path.join(a.out, "patients.jsonl"), "w") as f:
        for patient, _, _ in sims:
            f.write(json.dumps(patient) + "\n")


if __name__ == "__main__":
    main()
