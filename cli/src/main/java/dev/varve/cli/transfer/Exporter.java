package dev.varve.cli.transfer;

import dev.varve.cli.Progress;
import dev.varve.client.KeyValue;
import dev.varve.client.Keys;
import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads a range and hands its entries to a sink; reads on behind the last one when the server was away. One thread. */
final class Exporter {

    private static final int REFUSALS_SHOWN_MAX = 20;

    private final VarveClient client;
    private final Outage outage;
    private final Progress progress;
    /** So many bytes of each key are not part of the name in the sink. */
    private final byte[] prefix;

    private long written;
    private long writtenBytes;
    private long refused;
    private int snapshots;
    private byte @Nullable [] lastKey;

    Exporter(VarveClient client, Outage outage, Progress progress, byte[] prefix) {
        this.client = client;
        this.outage = outage;
        this.progress = progress;
        this.prefix = prefix;
    }

    /** Writes the whole range. */
    void run(RangeQuery range, Sink sink) throws IOException {
        RangeQuery rest = range;
        while (true) {
            try {
                copy(rest, sink);
                return;
            } catch (VarveException e) {
                outage.pauseOrThrow(e);
                rest = lastKey == null ? range : range.withAfter(lastKey);
            }
        }
    }

    private void copy(RangeQuery range, Sink sink) throws IOException {
        try (RangeReader reader = client.range(range)) {
            outage.answered();
            snapshots++;
            for (KeyValue entry = reader.next(); entry != null; entry = reader.next()) {
                byte[] name = prefix.length == 0 ? entry.key() : Prefix.strip(prefix, entry.key());
                String refusal = sink.refusal(name);
                if (refusal == null) {
                    sink.write(name, entry.value());
                    written++;
                    writtenBytes += entry.value().length;
                } else {
                    refuse(entry.key(), refusal);
                }
                lastKey = entry.key();
                progress.step(entry.value().length);
            }
        }
    }

    private void refuse(byte[] key, String reason) {
        if (++refused <= REFUSALS_SHOWN_MAX) {
            progress.say("Passing over the key " + Keys.show(key) + ": " + reason + ".");
        }
    }

    /** Entries written. */
    long written() {
        return written;
    }

    /** Bytes of their values. */
    long writtenBytes() {
        return writtenBytes;
    }

    /** Entries whose keys cannot be names in the sink. */
    long refused() {
        return refused;
    }

    /** From how many snapshots of the store the entries come: more than one if the server was away. */
    int snapshots() {
        return snapshots;
    }

    /** The last key that was dealt with; null before the first. */
    byte @Nullable [] lastKey() {
        return lastKey;
    }
}
