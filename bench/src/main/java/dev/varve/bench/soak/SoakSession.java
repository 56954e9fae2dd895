package dev.varve.bench.soak;

import dev.varve.bench.harness.Records;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.StoreStats;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.HdrHistogram.Recorder;

/**
 * The store from an opening to its closing. It is read whole when it was opened, before anybody writes. Not thread-safe.
 */
final class SoakSession implements AutoCloseable {

    private static final int CLIENTS = 2;
    private static final int RANGES_PERCENT = 10;

    private final Store store;
    private final Records records;
    private final Model model;
    private final Consumer<String> errors;
    private final List<Client> clients = new ArrayList<>();
    private StoreStats lastStats;

    /**
     * Opens the store, and settles what a killed process left under way.
     *
     * @param errors is told what is wrong
     */
    SoakSession(Path directory, Records records, Model model, Consumer<String> errors, SplittableRandom random) {
        this.records = records;
        this.model = model;
        this.errors = errors;
        this.store = Store.open(directory, StoreOptions.defaults());
        Writer writer = new Writer(store, records, model, random);
        new Checker(store, records, model, errors).all().forEach(writer::settle);
        this.lastStats = store.stats();
    }

    /**
     * Starts to write and read, each with so many operations a second.
     *
     * @param reads latencies
     * @param writes latencies
     */
    void start(double perSecond, Recorder reads, Recorder writes, SplittableRandom random) {
        for (int number = 0; number < CLIENTS; number++) {
            Runnable writing = writing(number, random.split());
            clients.add(new Client(writing, perSecond / CLIENTS, writes, errors));
            clients.add(new Client(reading(random.split()), perSecond / CLIENTS, reads, errors));
        }
    }

    /** Every block has one writer. */
    private Runnable writing(int number, SplittableRandom random) {
        Writer writer = new Writer(store, records, model, random.split());
        long blocks = model.keyCount() / Blocks.KEYS / CLIENTS;
        return () -> writer.write(random.nextLong(blocks) * CLIENTS + number);
    }

    private Runnable reading(SplittableRandom random) {
        Checker checker = new Checker(store, records, model, errors);
        long blocks = model.keyCount() / Blocks.KEYS;
        return () -> {
            if (random.nextInt(100) < RANGES_PERCENT) {
                checker.range(random.nextLong(blocks), random.nextBoolean() ? Order.ASCENDING : Order.DESCENDING);
            } else {
                checker.get(random.nextLong(blocks * Blocks.KEYS));
            }
        };
    }

    /** For how long the store held writers back, all together, since this was last asked: a figure for each reason. Called by one thread. */
    Map<String, Double> delays() {
        StoreStats before = lastStats;
        StoreStats now = store.stats();
        lastStats = now;
        return Map.of(
                SoakFigures.FLUSH_DELAY_MILLIS, (now.flushDelayNanos() - before.flushDelayNanos()) / 1e6,
                SoakFigures.MERGE_DELAY_MILLIS, (now.mergeDelayNanos() - before.mergeDelayNanos()) / 1e6,
                SoakFigures.SPACE_DELAY_MILLIS, (now.spaceDelayNanos() - before.spaceDelayNanos()) / 1e6);
    }

    private void stop() {
        clients.forEach(Client::stop);
        clients.clear();
    }

    /** Stops the clients, lets the store put itself in order, and reads it whole once more. */
    void finish() {
        stop();
        store.compact();
        if (!new Checker(store, records, model, errors).all().isEmpty()) {
            errors.accept("a write was begun and neither acknowledged nor refused");
        }
    }

    @Override
    public void close() {
        stop();
        store.close();
    }
}
