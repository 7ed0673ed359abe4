# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemes x rates x SNRs x channels x pictures from one configuration: figures with intervals, as JSON and as plots."""
