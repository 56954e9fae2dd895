package dev.varve.bench.harness;

import java.util.stream.DoubleStream;

/** On which side of a limit the good values are. */
public enum Bound {
    AT_LEAST("≥"),
    AT_MOST("≤");

    private final String sign;

    Bound(String sign) {
        this.sign = sign;
    }

    /** As in the report. */
    String sign() {
        return sign;
    }

    boolean holds(double value, double limit) {
        return this == AT_LEAST ? value >= limit : value <= limit;
    }

    /** The best of some values, those that are NaN aside; NaN if there is none. */
    double best(DoubleStream values) {
        DoubleStream measured = values.filter(value -> !Double.isNaN(value));
        return (this == AT_LEAST ? measured.max() : measured.min()).orElse(Double.NaN);
    }
}
