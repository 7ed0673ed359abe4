# SPDX-License-Identifier: GPL-3.0-or-later
"""The transmitter's stream: burst tags, gaps, amplitude, peaks."""

import numpy as np
import pmt
import pytest
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import make_pdu

from deepjscec.phy import PROFILES, Transmitter
from tests.gr.gr_setup import wait_for

LENGTHS = (1, 400, 3000)


def packets():
    rng = np.random.default_rng(0)
    made = []
    for n in LENGTHS:
        payload = (rng.standard_normal(2 * n, np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)
        made.append((rng.bytes(48), payload))
    return made


def messages():
    pdus = [make_pdu({"header": np.frombuffer(header, np.uint8)}, payload) for header, payload in packets()]
    return [*pdus, pmt.PMT_EOF]


def send(work_size=8192, **options):
    """Samples and tags, {name: positions}, of three packets."""
    transmitter = deepjscec.ofdm_transmitter(**options)
    for message in messages():
        transmitter._take(message)
    return transmitter, *collect(transmitter, work_size)


def collect(transmitter, work_size):
    sink = blocks.vector_sink_c()
    flowgraph = gr.top_block()
    flowgraph.connect(transmitter, sink)
    flowgraph.run(work_size)
    tags = {}
    for tag in sink.tags():
        assert pmt.eq(tag.value, pmt.PMT_T)
        tags.setdefault(pmt.symbol_to_string(tag.key), []).append(tag.offset)
    return np.array(sink.data(), np.complex64), tags


def edges(parts):
    """First and last sample of parts of these lengths, one after the other."""
    ends = np.cumsum(parts)
    return (ends - parts).tolist(), (ends - 1).tolist()


@pytest.mark.parametrize("work_size", [100, 577, 8192])
@pytest.mark.parametrize("gap", [0, 1, 100])
@pytest.mark.parametrize("lead_in", [0, 50])
def test_tags_stand_on_the_first_and_last_sample_of_each_packet(work_size, gap, lead_in):
    _, samples, tags = send(work_size, gap=gap, lead_in=lead_in, tail=256)
    bursts = [Transmitter().modulate(*packet) for packet in packets()]
    begin = lead_in
    for index, burst in enumerate(bursts):
        first, last = tags["tx_sob"][index], tags["tx_eob"][index]
        assert (first, last) == (begin, begin + len(burst) - 1)
        assert np.array_equal(samples[first : last + 1], burst)
        assert not samples[last + 1 : last + 1 + gap].any()
        begin += len(burst) + gap
    assert tags == {
        "tx_sob": tags["tx_sob"][:3],
        "tx_eob": tags["tx_eob"][:3],
        "deepjscec_end": [begin + 128],
    }
    assert len(samples) == begin + 256


@pytest.mark.parametrize("work_size", [100, 8192])
@pytest.mark.parametrize("gap", [0, 1, 300])
def test_bursts_only_leaves_no_sample_outside_a_burst(work_size, gap):
    transmitter, samples, tags = send(work_size, gap=gap, lead_in=50, bursts_only=True)
    bursts = [np.pad(Transmitter().modulate(*packet), (0, gap)) for packet in packets()]
    firsts, lasts = edges([len(burst) for burst in bursts])
    assert tags == {"tx_sob": firsts, "tx_eob": lasts}
    assert np.array_equal(samples, np.concatenate(bursts))
    assert transmitter.get_stats()["samples"] == len(samples)


def test_idle_zeros_lie_outside_of_bursts():
    transmitter = deepjscec.ofdm_transmitter(idle=True, gap=10, tail=256)
    throttle = blocks.throttle(gr.sizeof_gr_complex, 1e6)
    sink = blocks.vector_sink_c()
    flowgraph = gr.top_block()
    flowgraph.connect(transmitter, throttle, sink)
    flowgraph.start()
    wait_for(lambda: transmitter.get_stats().get("samples", 0) >= 10_000)
    for message in messages():
        transmitter.to_basic_block()._post(pmt.intern("packets"), message)
    flowgraph.wait()  # for the end of the stream
    marks = [(tag.offset, pmt.symbol_to_string(tag.key)) for tag in sink.tags()]
    samples = np.array(sink.data(), np.complex64)
    assert [name for _, name in marks[:6]] == ["tx_sob", "tx_eob"] * 3
    assert marks[0][0] >= 10_000
    inside = np.zeros(len(samples), bool)
    for (first, _), (last, _) in zip(marks[:6:2], marks[1:6:2], strict=True):
        inside[first : last + 1] = True
    assert not samples[~inside].any()
    assert np.array_equal(samples[inside], np.concatenate([Transmitter().modulate(*packet) for packet in packets()]))


@pytest.mark.parametrize("amplitude", [0.1, 0.3])
def test_amplitude_is_the_root_mean_square_of_a_burst(amplitude):
    transmitter, samples, _ = send(gap=0, tail=256, amplitude=amplitude)
    burst = samples[:-256]
    assert np.sqrt(np.mean(np.abs(burst) ** 2)) == pytest.approx(amplitude, rel=0.02)
    assert transmitter.get_stats()["clipped_samples"] == 0


def test_what_a_radio_cannot_send_is_clamped_and_counted():
    loud, samples, _ = send(gap=0, tail=256, amplitude=0.8)
    _, wanted, _ = send(gap=0, tail=256)
    wanted = wanted * np.float32(0.8 / np.sqrt(0.8125))
    over = np.maximum(np.abs(wanted.real), np.abs(wanted.imag)) > 1
    assert loud.get_stats()["clipped_samples"] == np.count_nonzero(over) > 100
    assert np.array_equal(samples.real, np.clip(wanted.real, -1, 1))
    assert np.array_equal(samples.imag, np.clip(wanted.imag, -1, 1))


def test_limited_peaks_need_no_clamp():
    transmitter, samples, _ = send(gap=0, tail=256, amplitude=0.44, max_papr_db=7)
    assert transmitter.get_stats()["clipped_samples"] == 0
    bursts = [Transmitter(max_papr_db=7).modulate(*packet) for packet in packets()]
    expected = np.concatenate([*bursts, np.zeros(256)]) * 0.44 / np.sqrt(0.8125)
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert 0.9 < np.max(np.abs(samples)) < 1


def test_amplitude_may_change_while_running():
    transmitter = deepjscec.ofdm_transmitter(gap=0, amplitude=0.1)
    transmitter.set_amplitude(0.2)
    for message in messages():
        transmitter._take(message)
    samples, _ = collect(transmitter, 8192)
    assert np.sqrt(np.mean(np.abs(samples[:-4096]) ** 2)) == pytest.approx(0.2, rel=0.02)
    with pytest.raises(ValueError, match=r"amplitude 1\.5"):
        transmitter.set_amplitude(1.5)


@pytest.mark.parametrize("name", PROFILES)
def test_profile_by_name_and_another_sample_rate(name):
    transmitter, samples, tags = send(profile=name, sample_rate=123e3, gap=0, tail=256)
    receiver = deepjscec.ofdm_receiver(name)
    assert transmitter.profile.sample_rate == 123e3
    assert receiver.profile == PROFILES[name]
    expected = [Transmitter(PROFILES[name]).modulate(*packet) for packet in packets()]
    assert np.array_equal(samples[:-256], np.concatenate(expected))
    assert (tags["tx_sob"], tags["tx_eob"]) == edges([len(burst) for burst in expected])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"profile": "broadband"}, "profile must be one of default, narrowband, wideband"),
        ({"sample_rate": -1e6}, "sample_rate"),
        ({"amplitude": -0.1}, "amplitude"),
        ({"amplitude": 1.1}, "amplitude"),
        ({"max_papr_db": 2}, "max_papr_db"),
        ({"gap": -1}, "gap"),
        ({"tail": 10}, "tail"),
        ({"idle": True, "bursts_only": True}, "exclude each other"),
    ],
)
def test_bad_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        deepjscec.ofdm_transmitter(**options)


def test_unknown_profile_is_refused_by_the_other_blocks(tmp_path):
    from deepjscec.crypto import write_key_file

    write_key_file(tmp_path / "key")
    with pytest.raises(ValueError, match="profile must be one of"):
        deepjscec.ofdm_receiver("broadband")
    with pytest.raises(ValueError, match="profile must be one of"):
        deepjscec.encryptor(str(tmp_path / "key"), profile="broadband")
    with pytest.raises(ValueError, match="profile must be one of"):
        deepjscec.eavesdropper(profile="broadband")


def test_bursts_are_tagged_again_after_a_stop_in_the_middle_of_one():
    transmitter = deepjscec.ofdm_transmitter(bursts_only=True, gap=0)
    pdu = messages()[-2]
    for _ in range(100):
        transmitter._take(pdu)
    flowgraph, head, sink = gr.top_block(), blocks.head(gr.sizeof_gr_complex, 500), blocks.null_sink(8)
    flowgraph.connect(transmitter, head, sink)
    flowgraph.run()
    before = transmitter.get_stats()
    assert 0 < before["packets"] < 100
    flowgraph.disconnect_all()
    transmitter._take(pmt.PMT_EOF)
    samples, tags = collect(transmitter, 8192)
    burst = len(Transmitter().modulate(*packets()[-1]))
    count = 100 - before["packets"]
    assert len(samples) == count * burst  # the one that was half sent is given up
    assert tags["tx_sob"] == [number * burst for number in range(count)]
    assert tags["tx_eob"] == [number * burst - 1 for number in range(1, count + 1)]
