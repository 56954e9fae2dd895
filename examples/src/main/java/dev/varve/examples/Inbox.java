package dev.varve.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Messages by user and number. A message and the count of its user change together, in one batch; the newest messages are read by
 * walking backwards; a snapshot shows both as of one moment.
 *
 * <pre>
 *   message/USER/ and 8 bytes, the number, most significant first   the text
 *   count/USER                                                      8 bytes, how many there are
 * </pre>
 */
public final class Inbox {

    private final Store store;

    private Inbox(Store store) {
        this.store = store;
    }

    /** Runs on the store in the directory {@code args[0]}, which is made if there is none. */
    public static void main(String[] args) {
        run(Path.of(args[0]), System.out);
    }

    static void run(Path directory, PrintStream out) {
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            Inbox inbox = new Inbox(store);
            for (int i = 1; i <= 5; i++) {
                inbox.deliver("ada", "message " + i + " to Ada");
            }
            inbox.deliver("alan", "a message to Alan");
            try (Snapshot before = store.snapshot()) {
                inbox.deliver("ada", "one more");
                out.println("before: " + count(before.get(countKey("ada"))) + ", now: " + inbox.count("ada"));
            }
            out.println("newest: " + inbox.newest("ada", 2));
            out.println("imported: " + inbox.deliverAll("grace", List.of("one", "two", "three")));
        }
    }

    /** Stores a message; it is on the device when this returns. */
    private void deliver(String user, String message) {
        store.write(delivery(user, count(user), message), Durability.LEADER);
    }

    private static WriteBatch delivery(String user, long number, String message) {
        return new WriteBatch().put(messageKey(user, number), bytes(message)).put(countKey(user), number(number + 1));
    }

    /** Stores messages without waiting for each: they share the forces of the disk. Returns how many the user has then. */
    private long deliverAll(String user, List<String> messages) {
        long number = count(user);
        List<CompletableFuture<Long>> writes = new ArrayList<>();
        for (String message : messages) {
            writes.add(store.writeAsync(delivery(user, number++, message), Durability.LEADER));
        }
        writes.forEach(CompletableFuture::join);
        return count(user);
    }

    private List<String> newest(String user, int limit) {
        List<String> messages = new ArrayList<>();
        try (Cursor cursor = store.range(KeyRange.prefix(bytes("message/" + user + "/")), Order.DESCENDING)) {
            while (messages.size() < limit && cursor.next()) {
                messages.add(new String(cursor.value(), UTF_8));
            }
        }
        return messages;
    }

    private long count(String user) {
        return count(store.get(countKey(user)));
    }

    private static long count(byte @Nullable [] value) {
        return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    }

    private static byte[] countKey(String user) {
        return bytes("count/" + user);
    }

    private static byte[] messageKey(String user, long number) {
        byte[] prefix = bytes("message/" + user + "/");
        return ByteBuffer.allocate(prefix.length + Long.BYTES)
                .put(prefix)
                .putLong(number)
                .array();
    }

    private static byte[] number(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
