"""Median milliseconds of scipy.stats.mannwhitneyu, one line per pair of files of float64: `mann-whitney.py ROUNDS X Y [X Y ...]`."""
import sys
import time

import numpy
from scipy.stats import mannwhitneyu

rounds = int(sys.argv[1])
for x_file, y_file in zip(sys.argv[2::2], sys.argv[3::2]):
    x, y = numpy.fromfile(x_file), numpy.fromfile(y_file)
    times = []
    for _ in range(rounds):
        start = time.process_time()
        result = mannwhitneyu(x, y, method="asymptotic")
        times.append(1000 * (time.process_time() - start))
    print(sorted(times)[rounds // 2], result.statistic, result.pvalue)
