package dev.varve.storage.io;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What a store needs of its surroundings.
 *
 * @param files where its files are
 * @param ticker measures durations
 * @param wallClock the time of day; used only for the birth of a store and for messages
 * @param random the source of identities, which must differ between stores
 */
public record Environment(FileSystem files, Ticker ticker, InstantSource wallClock, RandomGenerator random) {

    /** The real surroundings. */
    public static Environment system() {
        return new Environment(
                DiskFileSystem.instance(), Ticker.system(), InstantSource.system(), RandomGenerator.of("SecureRandom"));
    }
}
