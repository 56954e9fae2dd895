package dev.varve.cli;

import dev.varve.client.RangeQuery;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the commands that read a part of the store. */
public final class RangeOptions {

    @Option(names = "--prefix", paramLabel = "PREFIX", description = "Only keys that begin so.")
    private @Nullable String prefix;

    @Option(
            names = "--after",
            paramLabel = "KEY",
            description = "Only keys behind this one: to read on where an earlier run stopped.")
    private @Nullable String after;

    /** The key behind which to begin, as it was given. */
    public @Nullable String after() {
        return after;
    }

    /** The prefix, as it was given. */
    public @Nullable String prefix() {
        return prefix;
    }

    /**
     * The range that these options and the bounds name.
     *
     * @throws Usage if they exclude each other
     */
    public RangeQuery query(KeyOptions keys, @Nullable String start, @Nullable String end) {
        byte[] afterKey = after == null ? null : keys.decode(after);
        if (prefix != null) {
            if (start != null || end != null) {
                throw new Usage("Give --prefix or START and END, not both.");
            }
            return RangeQuery.prefix(keys.decode(prefix)).withAfter(afterKey);
        }
        byte[] first = start == null ? RangeQuery.first() : keys.decode(start);
        byte[] last = end == null ? RangeQuery.endOf(new byte[0]) : keys.decode(end);
        return RangeQuery.between(first, last).withAfter(afterKey);
    }
}
