package dev.varve.storage;

import java.util.List;

/**
 * What is known of damage to a store's files, and where the pass stands that reads all of them. Counters run from the opening of the store.
 *
 * @param running true while a pass is under way
 * @param passes how many passes have ended
 * @param files how many files the present pass has read, or the last one
 * @param bytes the same in bytes
 * @param found how many damaged places were met, by a pass, a read or a merge
 * @param repaired how many of them were repaired
 * @param damages the places that are damaged now, of each file a few
 */
public record ScrubStatus(
        boolean running, long passes, long files, long bytes, long found, long repaired, List<Damage> damages) {

    public ScrubStatus {
        damages = List.copyOf(damages);
    }

    /**
     * A damaged place.
     *
     * @param file the name of the file
     * @param offset where in it, in bytes
     * @param reason what is wrong there
     */
    public record Damage(String file, long offset, String reason) {
        @Override
        public String toString() {
            return file + " at offset " + offset + ": " + reason;
        }
    }
}
