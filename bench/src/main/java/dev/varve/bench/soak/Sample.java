package dev.varve.bench.soak;

import java.util.Map;

/**
 * A moment of a soak.
 *
 * @param seconds since the beginning
 * @param figures by the names of {@link SoakFigures}
 */
record Sample(double seconds, Map<String, Double> figures) {

    /** A figure; NaN if it was not measured. */
    double figure(String name) {
        return figures.getOrDefault(name, Double.NaN);
    }
}
