# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven by chromedriver over the WebDriver protocol (https://www.w3.org/TR/webdriver2/).

A few requests of JSON over HTTP are all that the tests need, so there is no package for it.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

NEEDS_BROWSER = "needs chromium and chromedriver (the packages chromium and chromium-driver of Debian)"


def has_browser():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """A page in a window of `size`, (width, height); `dark` for a dark scheme of colours. A context manager."""

    def __init__(self, profile, size=(1280, 1150), dark=False):
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            port = self._port()
            self._root = f"http://127.0.0.1:{port}/session"
            arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
            arguments += [f"--window-size={size[0]},{size[1]}", "--disable-dev-shm-usage"]
            if os.geteuid() == 0:  # Chromium's sandbox refuses to start as root
                arguments.append("--no-sandbox")
            if dark:
                arguments.append("--blink-settings=preferredColorScheme=0")
            options = {"args": arguments, "binary": shutil.which("chromium")}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            answer = self._request("POST", "", {"capabilities": {"alwaysMatch": wanted}})
            self._root += f"/{answer['sessionId']}"
        except BaseException:
            self._driver.kill()
            self._driver.wait()
            raise

    def _port(self):
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return int(found[1])
        raise OSError("chromedriver did not start")

    def _request(self, method, path, body=None, timeout=60):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self._request("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What the body of a JavaScript function returns."""
        return self._request("POST", "/execute/sync", {"script": script, "args": arguments})

    def until(self, script, seconds=30):
        """Wait until the script's value is true, and return it; fails the test after `seconds`."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"not within {seconds} s: {script}"
            time.sleep(0.05)
        return value

    def log(self):
        """What the page's console said: errors, warnings, breaches of the security policy."""
        return [entry["message"] for entry in self._request("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self._request("GET", "/screenshot")))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self._request("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(10)
            self._driver.stdout.close()
