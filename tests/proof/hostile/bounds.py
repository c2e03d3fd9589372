"""Within what everything must end that strangers have sent or written."""

PEAK_BYTES_MAX = 256 * 1024 * 1024
CPU_SECONDS_MAX = 2
