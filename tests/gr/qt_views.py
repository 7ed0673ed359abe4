# SPDX-License-Identifier: GPL-3.0-or-later
"""A window without a screen, and messages for the blocks that draw in it."""

import time

import numpy as np
import pmt
from gnuradio import gr
from gnuradio.deepjscec._pdu import make_pdu
from PyQt5 import QtGui, QtWidgets

MEASURED = {"snr_db": 10.04, "packets_received": 11, "packets_sent": 12}


def application():
    """The process's Qt application, drawn into memory."""
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["tests", "-platform", "offscreen"])


def picture_pdu(pixels, image_id=0, **meta):
    """uint8[H, W, 3] as source or decoder send it."""
    shape = {"image_id": image_id, "height": pixels.shape[0], "width": pixels.shape[1]}
    return make_pdu(shape | meta, pixels.reshape(-1))


def packet_pdu(snr_db):
    """A packet as the OFDM receiver sends it."""
    meta = {"header": np.zeros(48, np.uint8), "noise_var": np.ones(60, np.float32), "snr_db": snr_db}
    return make_pdu(meta | {"cfo_hz": 0.0, "start": 0, "length": 4000}, np.zeros(60, np.complex64))


def run_window(seconds):
    """Let the window work for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.005)


def texts(widget):
    """All that can be read in a widget, from left to right and top to bottom."""
    labels = [label for label in widget.findChildren(QtWidgets.QLabel) if label.text()]
    return "\n".join(label.text() for label in labels)


def grabbed(widget):
    """What a widget shows, uint8[H, W, 3]."""
    image = widget.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB888)
    h, w, stride = image.height(), image.width(), image.bytesPerLine()
    data = image.constBits().asstring(h * stride)
    return np.frombuffer(data, np.uint8).reshape(h, stride)[:, : 3 * w].reshape(h, w, 3)


def share_of(pixels, colour, tolerance=12):
    """Share of pixels that have a colour, given as #RRGGBB."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(pixels.astype(int) - wanted).max(axis=2) <= tolerance).mean())


def flat(colour, side=64):
    return np.full((side, side, 3), [int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def noisy(pixels, deviation, seed=0):
    noise = np.random.default_rng(seed).normal(0, deviation, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


class Messenger(gr.basic_block):
    """Sends messages into a running flowgraph."""

    def __init__(self):
        gr.basic_block.__init__(self, "messenger", None, None)
        for port in ("images", "sent", "bob", "eve"):
            self.message_port_register_out(pmt.intern(port))

    def send(self, port, message):
        self.message_port_pub(pmt.intern(port), message)


class Running:
    """A view in a shown window and in a running flowgraph, its inputs fed by `send`."""

    def __init__(self, view, ports, size=(900, 420)):
        self.view, self.top, self._messenger = view, gr.top_block(), Messenger()
        for port in ports:
            self.top.msg_connect(self._messenger, port, view, port)
        view.widget.resize(*size)
        view.widget.show()

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()
        self.view.widget.close()

    def send(self, *messages):
        for port, message in messages:
            self._messenger.send(port, message)

    def wait_for(self, text, seconds=10.0):
        """The widget's text, once `text` can be read in it; fails the test if it never can."""
        until = time.monotonic() + seconds
        while text not in texts(self.view.widget):
            assert time.monotonic() < until, f"{text!r} not in {texts(self.view.widget)!r}"
            run_window(0.05)
        return texts(self.view.widget)
