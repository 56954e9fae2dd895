package dev.varve.cli.inspect;

import dev.varve.storage.format.CorruptionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a verification found. For one thread. */
final class Findings {

    /** So many damaged places are kept; the others are only counted. */
    private static final int DAMAGES_MAX = 1000;

    /**
     * A damaged place.
     *
     * @param file name of the file
     * @param offset where in it, in bytes
     * @param reason what is wrong there
     */
    record Damage(String file, long offset, String reason) {
        @Override
        public String toString() {
            return file + " at offset " + offset + ": " + reason;
        }
    }

    private final List<Damage> damages = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long damageCount;

    void damage(String file, long offset, String reason) {
        damageCount++;
        if (damages.size() < DAMAGES_MAX) {
            damages.add(new Damage(file, offset, reason));
        }
    }

    void damage(CorruptionException e) {
        damage(e.file(), e.offset(), e.reason());
    }

    /** A file that cannot be read at all: the device or its permissions are at fault. */
    void unreadable(String file, IOException e) {
        damage(file, 0, "it cannot be read: " + (e.getMessage() == null ? e : e.getMessage()));
    }

    /** Something worth knowing that is no damage. */
    void note(String text) {
        notes.add(text);
    }

    /** The damaged places, at most a thousand. */
    List<Damage> damages() {
        return damages;
    }

    long damageCount() {
        return damageCount;
    }

    List<String> notes() {
        return notes;
    }
}
