"""A bar on a terminal; in a log, silence for what is soon over."""

import io
import sys

import tqdm.std

from pipeline.engines.progress import Bar


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def shown(monkeypatch, is_terminal: bool) -> str:
    screen = Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    with Bar(total=4, unit=" sentences", desc="cell", mininterval=0) as bar:
        bar.update(2)
        bar.say("held by another")
        bar.update(2)
    return screen.getvalue()


def test_a_terminal_sees_rate_and_time_left(monkeypatch):
    text = shown(monkeypatch, True)
    for part in ("cell", "2/4", "4/4", "sentences/s", "<", "held by another\n"):
        assert part in text


def test_a_log_sees_lines_alone(monkeypatch):
    assert shown(monkeypatch, False) == "held by another\n"


def test_long_work_says_whole_lines_in_a_log(monkeypatch):
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr(tqdm.std, "time", lambda: float(next(clock)))
    screen = Screen(False)
    monkeypatch.setattr(sys, "stderr", screen)
    with Bar(total=6, unit=" sentences", desc="cell", miniters=1) as bar:
        for _ in range(6):
            bar.update()
    *lines, end = screen.getvalue().split("\n")
    assert len(lines) >= 3
    assert end == ""
    assert "\r" not in screen.getvalue()
    for line in lines:
        assert line.startswith("cell:")
        assert len(line) <= 80
        assert line.isascii()
