package dev.varve.server.metrics;

import java.util.function.LongSupplier;

/**
 * A number that is asked for when metrics are.
 *
 * @param name its name
 * @param help a sentence
 * @param value the number; may be asked from any thread
 */
public record Gauge(String name, String help, LongSupplier value) {}
