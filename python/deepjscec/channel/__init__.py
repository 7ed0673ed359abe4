# SPDX-License-Identifier: GPL-3.0-or-later
"""Channel layers for training (torch). Flowgraphs use GNU Radio's own channel blocks instead."""
