# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `run_flowgraph.py` that radios need, and which arguments belong to what."""

from __future__ import annotations

import argparse

from deepjscec.app.numbers import duration, number
from deepjscec.radio import RADIOS, ROLES, RadioPlan

MAX_PAPR_DB = 8.0  # for radios, where nothing else is asked for
SIM_FREQUENCY = 2.45e9  # of a calibration that is simulated

RADIO_EXAMPLES = """radios:
  python run_flowgraph.py --radio uhd --frequency 2.45G --dry-run        the plan; touches no device
  python run_flowgraph.py --radio uhd --frequency 2.45G --calibrate      noise, gains, frequency offset, advice
  python run_flowgraph.py --radio uhd --frequency 2.45G --tx-gain 20     one device, from one antenna to the other
  python run_flowgraph.py --radio uhd --frequency 2.45G --role bob --key bench.key --duration 60
  python run_flowgraph.py --radio soapy --device-args driver=plutosdr --sample-rate 3M --frequency 2.45G
  python run_flowgraph.py --calibrate                                    the same routine on a simulated front end
"""

# what has a meaning for one kind of radio only, by the names in the namespace
SIMULATED = ("snr", "eve_snr", "sweep", "channel", "doppler", "cfo", "packet_loss", "seed")
HARDWARE = ("role", "device_args", "frequency", "rx_gain", "tx_antenna", "rx_antenna", "clock_source", "dry_run")
# what a role that does not send, or does not receive, has no use for
SENDING = ("tx_gain", "tx_antenna", "amplitude", "max_papr")
RECEIVING = ("rx_gain", "rx_antenna", "record", "eve_attack", "bob_key")
CALIBRATED = ("tx_gain", "amplitude", "sample_rate", "duration")  # of hardware, or of a calibration
# of what sends pictures, which a calibration does not
PICTURES = ("image", "record", "pictures", "eve_attack", "rate", "model", "cipher", "key", "bob_key")


def hertz(text: str) -> float:
    """A frequency or a rate above 0, in Hz or with k, M or G behind it."""
    factors = {"k": 1e3, "M": 1e6, "G": 1e9}
    digits, factor = (text[:-1], factors[text[-1]]) if text[-1:] in factors else (text, 1.0)
    value = number(digits) * factor
    if not 0 < value <= 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 of Hz, such as 2.45e9 or 2.45G")
    return value


def decibels(text: str) -> float:
    """A gain from -200 to 200 dB."""
    value = number(text)
    if not -200 <= value <= 200:
        raise argparse.ArgumentTypeError(f"{text!r} is not a gain from -200 to 200 dB")
    return value


def amplitude(text: str) -> float:
    """Above 0, up to 1."""
    value = number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and up to 1, which is full scale")
    return value


def picture_count(text: str) -> int:
    """A whole number from 1 to a million."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:8]) <= 10**6 and len(text) <= 7):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pictures from 1 to 1000000")
    return int(text)


def add_radio_options(parser: argparse.ArgumentParser) -> None:
    """`--radio` and what belongs to it."""
    add = parser.add_argument_group("radios").add_argument
    add(
        "--radio",
        choices=("sim", *(name for name in RADIOS if name != "sim")),
        default="sim",
        help="what carries the samples: a simulation, USRPs, or what SoapySDR drives (default %(default)s)",
    )
    add("--role", choices=ROLES, default=ROLES[0], help="who this is; loopback: all, on one device (the default)")
    add("--device-args", default="", metavar="ARGS", help="which device, such as serial=30AD123 or driver=plutosdr")
    add("--frequency", type=hertz, metavar="HZ", help="of the carrier, such as 2.45e9 or 2.45G; always needed")
    add("--tx-gain", type=decibels, default=0.0, metavar="DB", help="of the transmitter (default %(default)g)")
    add("--rx-gain", type=decibels, default=30.0, metavar="DB", help="of the receiver (default %(default)g)")
    add("--tx-antenna", default="", metavar="NAME", help="such as TX/RX (default: the device's own)")
    add("--rx-antenna", default="", metavar="NAME", help="such as RX2 (default: the device's own)")
    add("--clock-source", choices=("internal", "external", "gpsdo"), default="internal", help="default %(default)s")
    add("--sample-rate", type=hertz, metavar="HZ", help="in place of the profile's own, on all sides alike")
    add(
        "--amplitude",
        type=amplitude,
        default=0.25,
        metavar="A",
        help="root mean square of a burst, 1 being full scale (default %(default)g, with a --max-papr of 8)",
    )
    add("--pictures", type=picture_count, metavar="N", help="send or receive so many (default: each --image once)")
    add("--duration", type=duration, metavar="S", help="go on for S seconds, the pictures again and again")
    add("--dry-run", action="store_true", help="print what would be done; touches no device")
    add("--calibrate", action="store_true", help="measure noise, gains and frequency offset; writes calibration.json")


def check_radio_options(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """That no argument is given which the chosen radio would ignore. Raises `ValueError`."""

    def refuse(names: tuple[str, ...], why: str) -> None:
        for name in names:
            if getattr(arguments, name) != parser.get_default(name):
                raise ValueError(f"--{name.replace('_', '-')} {why}")

    if arguments.radio == "sim":
        refuse(HARDWARE, "needs --radio uhd or soapy")
        if not arguments.calibrate:
            refuse((*CALIBRATED, "pictures"), "needs --radio uhd or soapy")
    elif arguments.frequency is None:
        raise ValueError(f"--radio {arguments.radio} needs --frequency HZ: one that you may transmit on")
    if arguments.radio != "sim" or arguments.calibrate:
        refuse(SIMULATED, "belongs to pictures over --radio sim")
    if arguments.role == "alice":
        refuse(RECEIVING, "does not go with --role alice, who sends alone")
    if arguments.role in ("bob", "eve"):
        refuse(SENDING, f"does not go with --role {arguments.role}, who receives alone")
    if arguments.role == "bob":
        refuse(("image", "rate", "eve_attack"), "does not go with --role bob, who is told by the packets")
    if arguments.calibrate:
        refuse(PICTURES, "does not go with --calibrate, which sends no pictures")
        if arguments.role == "eve":
            raise ValueError("--calibrate has the roles loopback, alice and bob; eve receives as bob does")
    if arguments.dry_run and arguments.calibrate:
        raise ValueError("--dry-run and --calibrate exclude each other")


def make_plan(arguments: argparse.Namespace) -> RadioPlan:
    """The plan that the arguments describe. Raises `ValueError` for what cannot be."""
    from deepjscec.phy import Profile  # with Numba, for which --help does not wait

    return RadioPlan(
        radio=arguments.radio,
        role=arguments.role,
        frequency=arguments.frequency or SIM_FREQUENCY,
        profile=Profile.named(arguments.profile, arguments.sample_rate),
        device_args=arguments.device_args,
        tx_gain=arguments.tx_gain,
        rx_gain=arguments.rx_gain,
        tx_antenna=arguments.tx_antenna,
        rx_antenna=arguments.rx_antenna,
        clock_source=arguments.clock_source,
        amplitude=arguments.amplitude,
        max_papr_db=MAX_PAPR_DB if arguments.max_papr is None else arguments.max_papr,
    )
