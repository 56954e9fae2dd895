package dev.varve.cli.bench;

import java.util.Locale;

/** One kind of request. */
enum Operation {
    PUT,
    GET,
    RANGE,
    BATCH;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
