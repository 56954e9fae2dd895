package dev.varve.storage.state;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The damage that is known, whoever met it: a read, a merge or the scrub. Each place is logged once. A file is forgotten when it has been
 * repaired or is not part of the store any more; who still reads it then, since he began before, meets nothing new. Thread-safe.
 */
public final class Damages {

    private static final Logger logger = LoggerFactory.getLogger(Damages.class);

    /** Of each file so many places are kept; it is repaired as a whole. */
    private static final int PLACES_MAX = 16;

    /**
     * A damaged place.
     *
     * @param file the name of the file
     * @param offset where in it, in bytes
     * @param reason what is wrong there
     */
    public record Place(String file, long offset, String reason) {}

    /** The places of each file, by its name, in the order in which they were met; guarded by this. */
    private final Map<String, List<Place>> byFile = new LinkedHashMap<>();

    /** Of files that were repaired or forgotten, most of which are gone: how many places were forgotten unrepaired. Guarded by this. */
    private final Map<String, Integer> formerFiles = new HashMap<>();

    private final Supplier<Set<String>> parts;
    private Runnable listener = () -> {};
    private long found;
    private long repaired;

    /** @param parts tells the names of the files that are part of the store */
    Damages(Supplier<Set<String>> parts) {
        this.parts = parts;
    }

    /** Has somebody told, on the thread that met it, when damage is met that was not known; it must not block. */
    public synchronized void listen(Runnable newListener) {
        listener = newListener;
    }

    /** Damage was met. */
    public void met(CorruptionException damage) {
        Runnable told;
        synchronized (this) {
            if (formerFiles.containsKey(damage.file()) && isGone(damage.file(), parts.get())) {
                return;
            }
            List<Place> places = byFile.computeIfAbsent(damage.file(), file -> new ArrayList<>());
            boolean known =
                    places.size() >= PLACES_MAX || places.stream().anyMatch(place -> place.offset() == damage.offset());
            if (known) {
                return;
            }
            places.add(new Place(damage.file(), damage.offset(), damage.reason()));
            found++;
            told = listener;
        }
        logger.error("{}", damage.getMessage());
        told.run();
    }

    /** What is no name of a file is part of the store for ever. */
    private static boolean isGone(String file, Set<String> parts) {
        return FileName.parse(file).isPresent() && !parts.contains(file);
    }

    /** A file has been repaired: nothing needs what is damaged in it any more. It may be gone, and forgotten, by now. */
    synchronized void repaired(String file) {
        Integer forgotten = formerFiles.put(file, 0);
        repaired += forget(file) + (forgotten == null ? 0 : forgotten);
    }

    /** Forgets files that are not part of the store any more. */
    synchronized void forgetGone() {
        Set<String> now = parts.get();
        List<String> gone =
                byFile.keySet().stream().filter(file -> isGone(file, now)).toList();
        gone.forEach(file -> formerFiles.merge(file, forget(file), Integer::sum));
    }

    /** Forgets a file; returns how many places of it were known. */
    private int forget(String file) {
        List<Place> known = byFile.remove(file);
        return known == null ? 0 : known.size();
    }

    /** All places, those of one file together. */
    public synchronized List<Place> places() {
        return byFile.values().stream().flatMap(List::stream).toList();
    }

    /** The names of the files. */
    public synchronized List<String> files() {
        return List.copyOf(byFile.keySet());
    }

    /** How many places were met since the store was opened, with those that were repaired. */
    public synchronized long found() {
        return found;
    }

    /** How many of them were repaired. */
    public synchronized long repaired() {
        return repaired;
    }
}
