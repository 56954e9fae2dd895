package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.client.NotFoundException;
import dev.varve.client.OutcomeUnknownException;
import dev.varve.client.OverloadedException;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes one request after the other to keys that are its own, and remembers what was acknowledged. It puts and deletes
 * single keys, and writes one value to all keys of a group by a batch. One thread at a time.
 */
final class Writer {

    private static final int SINGLES = 1000;
    private static final int GROUP = 8;
    private static final int SHORT_BYTES = 300;
    private static final int LONG_BYTES = 5000;

    private final String prefix;
    private final RandomGenerator random;
    private final List<String> group = new ArrayList<>();

    /** What must be there. */
    private NavigableMap<String, String> acknowledged = new TreeMap<>();

    /** The write that was sent and never answered; it may have been made or not. */
    private @Nullable Write unanswered;

    private long writes;
    private long lost;
    private long torn;

    /** A write of one value, or of none, to all its keys. */
    private record Write(List<String> keys, @Nullable String value) {

        void send(VarveClient client) {
            if (value == null) {
                client.delete(keys.getFirst().getBytes(UTF_8));
            } else if (keys.size() == 1) {
                client.put(keys.getFirst().getBytes(UTF_8), value.getBytes(UTF_8));
            } else {
                client.putBatch(keys.stream()
                        .map(key -> '"' + key + "\":\"" + value + '"')
                        .collect(Collectors.joining(",", "{", "}"))
                        .getBytes(UTF_8));
            }
        }

        void applyTo(Map<String, String> state) {
            for (String key : keys) {
                if (value == null) {
                    state.remove(key);
                } else {
                    state.put(key, value);
                }
            }
        }
    }

    Writer(int number, RandomGenerator random) {
        this.prefix = "w%02d/".formatted(number);
        this.random = random;
        for (int i = 0; i < GROUP; i++) {
            group.add(prefix + "group/" + i);
        }
    }

    /**
     * Writes until the server is gone, or takes no more writes.
     *
     * @param onAcknowledged called after each acknowledged write
     */
    void run(VarveClient client, Runnable onAcknowledged) {
        while (true) {
            Write write = next();
            try {
                write.send(client);
                write.applyTo(acknowledged);
                writes++;
                onAcknowledged.run();
            } catch (NotFoundException missing) {
                lost++; // It deletes only what it was told to be there.
                write.applyTo(acknowledged);
            } catch (OutcomeUnknownException e) {
                unanswered = write;
                return;
            } catch (UnreachableException | OverloadedException e) {
                return;
            }
        }
    }

    private Write next() {
        int kind = random.nextInt(10);
        if (kind == 0) {
            return new Write(group, value());
        }
        String key = prefix + "single/" + random.nextInt(SINGLES);
        return new Write(List.of(key), kind <= 2 && acknowledged.containsKey(key) ? null : value());
    }

    /** No two are the same, and some are too long to be held in the index. */
    private String value() {
        int length = random.nextInt(20, random.nextInt(8) == 0 ? LONG_BYTES : SHORT_BYTES);
        return random.nextLong() + "-" + "v".repeat(length);
    }

    /**
     * Counts what differs from what was acknowledged.
     *
     * @param found all entries of the store
     */
    void compare(NavigableMap<String, String> found) {
        NavigableMap<String, String> own = own(found);
        NavigableMap<String, String> ifMade = new TreeMap<>(acknowledged);
        if (unanswered != null) {
            unanswered.applyTo(ifMade);
        }
        Set<String> keys = new HashSet<>(own.keySet());
        keys.addAll(acknowledged.keySet());
        keys.addAll(ifMade.keySet());
        lost += keys.stream()
                .filter(key -> !Objects.equals(own.get(key), acknowledged.get(key)))
                .filter(key -> !Objects.equals(own.get(key), ifMade.get(key)))
                .count();
        torn += new HashSet<>(own.subMap(prefix + "group/", prefix + "group0").values()).size() > 1 ? 1 : 0;
    }

    /** The store was opened again: takes what is there for what must be there from now on. */
    void goOnFrom(NavigableMap<String, String> found) {
        acknowledged = own(found);
        unanswered = null;
    }

    private NavigableMap<String, String> own(NavigableMap<String, String> all) {
        return new TreeMap<>(all.subMap(prefix, prefix + Character.MAX_VALUE));
    }

    /** How many writes were acknowledged. */
    long writes() {
        return writes;
    }

    /** How many keys did not have the value that was acknowledged last, nor that of the unanswered write. */
    long lost() {
        return lost;
    }

    /** How often the keys of its group had more than one value. */
    long torn() {
        return torn;
    }
}
