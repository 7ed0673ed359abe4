# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks one by one, and their GRC definitions."""

import importlib
import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pmt
import pytest
import yaml
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import make_pdu, parse_pdu, vector_from_pmt, vector_to_pmt

from deepjscec.app.pictures import default_picture

ROOT = Path(__file__).parents[2]
TEXTS = ("string", "file_open", "file_save", "dir_select", "enum")
DEFINITIONS = sorted((ROOT / "gr-deepjscec" / "grc").glob("*.block.yml"))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.complex64])
@pytest.mark.parametrize("length", [0, 1, 1000])
def test_vectors_survive_pmt_and_equal_gnu_radios_own_conversion(dtype, length):
    rng = np.random.default_rng(0)
    array = (100 * rng.random(length) + (1j * rng.random(length) if dtype == np.complex64 else 0)).astype(dtype)
    vector = vector_to_pmt(array)
    if length:
        np.testing.assert_array_equal(pmt.to_python(vector), array)
        np.testing.assert_array_equal(vector_from_pmt(pmt.to_pmt(array)), array)
    np.testing.assert_array_equal(vector_from_pmt(vector), array)
    assert vector_from_pmt(vector).dtype == dtype


def test_pdu_keeps_numbers_text_and_arrays():
    meta = {"image_id": 3, "snr_db": -1.5, "name": "x", "noise_var": np.array([0.5, np.inf], np.float32)}
    again, array = parse_pdu(make_pdu(meta, np.arange(4, dtype=np.uint8)))
    np.testing.assert_array_equal(again.pop("noise_var"), meta.pop("noise_var"))
    assert again == meta
    assert array.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("message", [pmt.PMT_NIL, pmt.intern("x"), pmt.cons(pmt.make_dict(), pmt.from_long(1))])
def test_what_is_no_pdu_is_refused(message):
    with pytest.raises(ValueError, match=r"PDU|vector"):
        parse_pdu(message)


def test_definitions_cover_all_blocks():
    names = {path.name.removeprefix("deepjscec_").removesuffix(".block.yml") for path in DEFINITIONS}
    block_names = {
        path.stem
        for path in (ROOT / "gr-deepjscec" / "python" / "deepjscec").glob("[a-z]*.py")
        if re.search(rf"^class {path.stem}\(", path.read_text(), re.MULTILINE)
    }
    assert names == block_names
    tree = yaml.safe_load((ROOT / "gr-deepjscec" / "grc" / "deepjscec.tree.yml").read_text())
    listed = [block for group in tree["[DeepJSCEC]"] for members in group.values() for block in members]
    assert sorted(listed) == sorted(f"deepjscec_{name}" for name in names)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda p: p.name.split(".")[0])
def test_definition_agrees_with_the_block(path):
    definition = yaml.safe_load(path.read_text())
    name = definition["id"].removeprefix("deepjscec_")
    cls = getattr(importlib.import_module(f"gnuradio.deepjscec.{name}"), name, None) or getattr(deepjscec, name)
    cls = cls if inspect.isclass(cls) else getattr(deepjscec, name)
    signature = inspect.signature(cls.__init__)
    make = definition["templates"]["make"]
    passed = re.findall(r"\$\{(?:repr\()?(\w+)\)?\}", make.split("deepjscec." + name)[1].split("\n")[0])
    assert passed == [p for p in signature.parameters if p != "self"]
    for parameter in definition["parameters"]:
        if parameter["dtype"] == "gui_hint":
            continue
        default = signature.parameters[parameter["id"]].default
        if default is inspect.Parameter.empty:
            assert "default" not in parameter
        elif parameter["dtype"] in TEXTS and isinstance(default, str):
            assert parameter["default"] == default
        else:
            assert eval(str(parameter["default"])) == default
    assert {"Input", "Output"} & set(re.findall(r"^(\w+):", definition["documentation"], re.MULTILINE))
    for callback in definition["templates"].get("callbacks", []):
        assert hasattr(cls, callback.split("(")[0])


def chain(*parts):
    """A flowgraph of message blocks, parts (block, out port, in port) in a row, run to the end of its stream."""
    flowgraph = gr.top_block()
    for (block, out, _), (following, _, into) in itertools.pairwise(parts):
        flowgraph.msg_connect(block, out, following, into)
    sink = parts[-1][0]
    flowgraph.start()
    ended = sink.done.wait(60)
    flowgraph.stop()
    flowgraph.wait()
    assert ended
    return sink


def test_image_sink_writes_what_the_source_sends(tmp_path):
    from PIL import Image

    pictures = [default_picture()[:40, :60], default_picture()[:33, :32]]
    source = deepjscec.image_source(pictures)
    sink = chain((source, "images", ""), (deepjscec.image_sink(str(tmp_path / "new"), "x", 2), "", "images"))
    assert sink.get_stats() == {"received": 2}
    for index, picture in enumerate(pictures):
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new" / f"x_{index:04d}.png")), picture)
        np.testing.assert_array_equal(sink.pictures[index][1], picture)


def test_repeat_without_interval_is_refused():
    with pytest.raises(ValueError, match="interval"):
        deepjscec.image_source("", 0.0, True)


def test_block_logs_counts_and_survives_what_it_cannot_use():
    sink = deepjscec.image_sink()
    for message in (
        pmt.intern("x"),
        make_pdu({}, np.zeros(3, np.uint8)),
        make_pdu({"height": 9}, np.zeros(3, np.uint8)),
    ):
        sink._take(message)
    sink._take(make_pdu({"image_id": 0, "height": 1, "width": 1}, np.zeros(3, np.uint8)))
    assert sink.get_stats() == {"rejected": 3, "received": 1}


def test_transmitter_sends_lead_in_bursts_gaps_and_tail():
    from deepjscec.phy import Transmitter

    transmitter = deepjscec.ofdm_transmitter(gap=100, lead_in=50, tail=300)
    profile = transmitter.profile
    header = bytes(profile.header_bytes)
    payloads = [np.full(n, 1j, np.complex64) for n in (500, 1000)]
    for payload in payloads:
        transmitter._take(make_pdu({"header": np.frombuffer(header, np.uint8)}, payload))
    transmitter._take(make_pdu({"header": np.zeros(3, np.uint8)}, payloads[0]))  # a header of the wrong length
    transmitter._take(pmt.PMT_EOF)
    sink = blocks.vector_sink_c()
    flowgraph = gr.top_block()
    flowgraph.connect(transmitter, sink)
    flowgraph.run()
    bursts = [Transmitter(profile).modulate(header, payload) for payload in payloads]
    idle = [np.zeros(n) for n in (50, 100, 100, 300)]
    expected = np.concatenate([idle[0], bursts[0], idle[1], bursts[1], idle[2], idle[3]])
    np.testing.assert_allclose(np.array(sink.data()), expected, atol=1e-6)
    stats = transmitter.get_stats()
    assert (stats["packets"], stats["rejected"], stats["payload_symbols"]) == (2, 1, 1500)
    assert stats["burst_samples"] == sum(map(len, bursts))


def test_packet_loss_drops_its_share():
    loss = deepjscec.packet_loss(0.3, seed=1)
    for _ in range(1000):
        loss._take(make_pdu({}, np.zeros(1, np.uint8)))
    assert 250 < loss.get_stats()["dropped"] < 350
    with pytest.raises(ValueError, match=r"1\.5"):
        deepjscec.packet_loss(1.5)


@pytest.mark.parametrize("path", sorted((ROOT / "grc").glob("*.grc")), ids=lambda p: p.stem)
def test_every_parameter_of_a_flowgraph_is_used(path):
    flowgraph = yaml.safe_load(path.read_text())
    given = {block["name"] for block in flowgraph["blocks"] if block["id"] in ("parameter", "variable")}
    taken = " ".join(
        str(value)
        for block in flowgraph["blocks"]
        for key, value in block["parameters"].items()
        if key not in ("comment", "note", "label", "desc")
    ) + str(flowgraph["options"])
    assert not {name for name in given if not re.search(rf"\b{name}\b", taken)}


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda p: p.name.split(".")[0])
def test_what_a_definition_lets_choose_may_be_a_variable_too(path):
    definition = yaml.safe_load(path.read_text())
    # GRC puts an enum's text into the program as it is, so that a variable's name would be taken for the choice
    assert not re.search(r"\$\{repr\(", definition["templates"]["make"])
