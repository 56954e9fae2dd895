package dev.varve.bench.peers;

import java.util.List;

/**
 * Some clients, each with one request at a time.
 *
 * @param operation what they ask
 * @param clients how many connections
 * @param valueBytes of a value that is put
 */
record Workload(Operation operation, int clients, int valueBytes) {

    /** In the order of a round: reads come after writes, as in life, and the largest writes last. */
    static final List<Workload> ALL = List.of(
            new Workload(Operation.PUT, 1),
            new Workload(Operation.PUT, 64),
            new Workload(Operation.PUT, 256),
            new Workload(Operation.GET, 64),
            new Workload(Operation.RANGE, 64),
            new Workload(Operation.BATCH, 64),
            new Workload(Operation.PUT, 256, 1024));

    /** With values of the usual length. */
    Workload(Operation operation, int clients) {
        this(operation, clients, KeySpace.VALUE_BYTES);
    }

    /** As on the command line: {@code put-64}, {@code put-256-1024} with larger values. */
    String id() {
        return operation + "-" + clients + (isUsual() ? "" : "-" + valueBytes);
    }

    /** True if its values are as long as they are everywhere else. */
    boolean isUsual() {
        return valueBytes == KeySpace.VALUE_BYTES;
    }

    /** Bytes of the keys and values that a request stores. */
    long storedBytes() {
        long entry = (long) KeySpace.key(0).length() + valueBytes;
        return switch (operation) {
            case GET, RANGE -> 0;
            case PUT -> entry;
            case BATCH -> KeySpace.GROUP_KEYS * entry;
        };
    }

    /** As in the report. */
    String title() {
        String what = switch (operation) {
            case PUT -> "durable put";
            case GET -> "get";
            case RANGE -> "range of 100";
            case BATCH -> "durable batch of 100";
        };
        return what + (isUsual() ? "" : " of " + valueBytes + " bytes") + ", " + clients
                + (clients == 1 ? " client" : " clients");
    }
}
