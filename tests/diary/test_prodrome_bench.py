"""The bench of the prodrome rule says what it measured, and against what."""

from bench import prodrome


def printed(monkeypatch, capsys, *args):
    monkeypatch.setattr("sys.argv", ["prodrome", *args, "--patients", "2"])
    prodrome.main()
    return capsys.readouterr().out


def test_the_table_names_seeds_chance_and_naive_rules(monkeypatch, capsys):
    out = printed(monkeypatch, capsys, "--seeds", "3", "4", "--years", "0.5")
    assert "Seeds 3 4; 2 diaries of 0.5 years each." in out
    assert "Simulated; not clinical evidence" in out
    for head in ("this rule", "chance", "two prodromal symptoms", "95 % interval"):
        assert head in out


def test_diaries_made_worse_are_measured_one_by_one(monkeypatch, capsys):
    out = printed(monkeypatch, capsys, "--seeds", "3", "--years", "0.2", "--robust")
    for name in (*prodrome.WORSE, "10-hour prodromes", "first 45 days"):
        assert name in out
