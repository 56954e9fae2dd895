package dev.varve.bench.peers;

import java.util.Locale;

/** What is asked of a server. */
enum Operation {
    PUT(1),
    GET(KeySpace.VALUE_BYTES),
    /** One hundred neighbouring keys with their values. */
    RANGE(KeySpace.GROUP_KEYS * KeySpace.VALUE_BYTES),
    /** One hundred keys in one atomic write. */
    BATCH(1);

    private final int answerBytesMin;

    Operation(int answerBytesMin) {
        this.answerBytesMin = answerBytesMin;
    }

    /** How many bytes an answer has at least: fewer tell that the request did not do what it should. */
    int answerBytesMin() {
        return answerBytesMin;
    }

    boolean writes() {
        return this == PUT || this == BATCH;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
