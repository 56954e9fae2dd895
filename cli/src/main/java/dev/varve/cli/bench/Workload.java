package dev.varve.cli.bench;

import java.util.SplittableRandom;

/** What is asked: kinds of requests and their keys, in an order that a seed repeats. For one thread. */
final class Workload {

    private static final int PERCENT = 100;

    private final Operation operation;
    private final int getPercent;
    private final KeyChooser keys;
    private final SplittableRandom random;

    /**
     * A request.
     *
     * @param operation its kind
     * @param key the number of its key, or of the first of its keys
     */
    record Request(Operation operation, long key) {}

    private Workload(Operation operation, int getPercent, KeyChooser keys, SplittableRandom random) {
        this.operation = operation;
        this.getPercent = getPercent;
        this.keys = keys;
        this.random = random;
    }

    /** Requests of one kind. */
    static Workload of(Operation operation, KeyChooser keys) {
        return new Workload(operation, 0, keys, new SplittableRandom(0));
    }

    /** Gets, and puts for the rest. */
    static Workload mixed(int getPercent, KeyChooser keys, SplittableRandom random) {
        return new Workload(Operation.PUT, getPercent, keys, random);
    }

    Request next() {
        if (getPercent > 0 && random.nextInt(PERCENT) < getPercent) {
            return new Request(Operation.GET, keys.next());
        }
        boolean write = operation == Operation.PUT || operation == Operation.BATCH;
        return new Request(operation, write ? keys.nextWrite() : keys.next());
    }

    /** The request was answered with success. */
    void succeeded(Request request) {
        if (request.operation() == Operation.PUT) {
            keys.written(request.key());
        }
    }
}
