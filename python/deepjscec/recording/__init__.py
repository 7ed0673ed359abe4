# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of IQ samples as SigMF: written while the samples come, read in pieces, brought to another rate.

    with RecordingWriter("capture", 1e6, frequency=915e6) as writer:
        writer.write(samples)

    recording = Recording.open("capture.sigmf-meta")
    for samples in convert(recording.chunks(), recording.sample_rate, to_rate=2e6):
        ...

SigMF is specified at https://sigmf.org; metadata are checked by its reference library `sigmf`.
"""

from .conversion import FrequencyShift, Resampler, convert
from .metadata import FORMATS, NAMESPACE, Annotation, annotate
from .reader import Recording
from .writer import RecordingWriter

__all__ = [
    "FORMATS",
    "NAMESPACE",
    "Annotation",
    "FrequencyShift",
    "Recording",
    "RecordingWriter",
    "Resampler",
    "annotate",
    "convert",
]
