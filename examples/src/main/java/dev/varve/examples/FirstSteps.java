package dev.varve.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.storage.Cursor;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import java.io.PrintStream;
import java.nio.file.Path;

/** Puts, reads, walks a range, and finds everything again after the store was closed. */
public final class FirstSteps {

    private FirstSteps() {}

    /** Runs on the store in the directory {@code args[0]}, which is made if there is none. */
    public static void main(String[] args) {
        run(Path.of(args[0]), System.out);
    }

    static void run(Path directory, PrintStream out) {
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            store.put(bytes("planet/3/earth"), bytes("12756 km"));
            store.put(bytes("planet/4/mars"), bytes("6792 km"));
            store.put(bytes("planet/9/pluto"), bytes("2377 km"));
            store.put(bytes("star/sun"), bytes("1391400 km"));
            store.delete(bytes("planet/9/pluto"));
        }

        // A write is on the device when it returns: a process that is killed here would find the same.
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            byte[] pluto = store.get(bytes("planet/9/pluto"));
            out.println("pluto: " + (pluto == null ? "not a planet" : text(pluto)));
            try (Cursor planets = store.range(KeyRange.prefix(bytes("planet/")))) {
                while (planets.next()) {
                    out.println(text(planets.key()) + ": " + text(planets.value()));
                }
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}
