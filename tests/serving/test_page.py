"""The page at /, in a real browser."""

import shutil
from pathlib import Path

import pytest

from tests.serving.browser import browser
from tests.serving.served import Served

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_a_click_shows_an_answer(server: Served, tmp_path: Path) -> None:
    assert CHROMIUM
    assert CHROMEDRIVER
    with browser(CHROMEDRIVER, CHROMIUM) as page:
        page.open(f"http://{server.http}/")
        page.write("#in-text", "ab")
        page.click("#go")
        assert page.text("#label") == "even"
        assert page.text(".bars li:first-child .num") == "98.7 %"
        page.click("#examples li:nth-child(2) button")
        assert page.run("return document.getElementById('in-text').value") == "odd"
        page.run("document.getElementById('in-text').value = 'a'.repeat(6000)")
        page.click("#go")
        assert "longer than 5000" in page.text(".error[role=alert]")
        page.screenshot(tmp_path / "page.png")
        assert (tmp_path / "page.png").stat().st_size > 10_000
        log = page.call("POST", "/se/log", {"type": "browser"})
        assert isinstance(log, list)
        problems = [line for line in log if "400 (Bad Request)" not in line["message"]]
        assert problems == [], "no script error, nothing blocked, nothing fetched from elsewhere"
