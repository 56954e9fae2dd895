package dev.varve.server.metrics;

import java.util.Locale;

/** What a request asks for, as metrics tell it. */
public enum OperationKind {
    PUT,
    READ,
    RANGE,
    BATCH_PUT,
    DELETE,
    /** Health, metrics, unknown paths, and what is no request at all. */
    OTHER;

    /** The label of the kind. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
