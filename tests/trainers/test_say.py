import time

from trainers import say
from trainers.say import said_later


def test_a_line_is_said_of_what_takes_long_and_of_nothing_else(monkeypatch, capsys):
    monkeypatch.setattr(say, "PATIENCE", 0.05)
    with said_later("soon over"):
        pass
    with said_later("still at it"):
        time.sleep(0.3)
    assert capsys.readouterr().err == "still at it\n"
