package dev.varve.bench.harness;

import java.util.List;

/**
 * What Varve aims at: a limit for a figure, or for its ratio to the best of what it is compared with.
 *
 * @param title as in the report
 * @param measured the figure
 * @param baselines what it is divided by, the best of them; if there are none, the figure itself is judged
 * @param bound the good side of the limit
 * @param limit what is to be reached
 */
public record Target(String title, Series measured, List<Series> baselines, Bound bound, double limit) {

    /** What was reached in a round; NaN if one side was not measured. */
    double value(Results.Round round) {
        double value = round.figure(measured);
        return baselines.isEmpty()
                ? value
                : value / bound.best(baselines.stream().mapToDouble(round::figure));
    }

    boolean isReached(double value) {
        return bound.holds(value, limit);
    }
}
