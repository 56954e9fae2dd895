package dev.varve.storage.compaction;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import java.io.IOException;

/** Makes the frame anew in which a value was logged. */
public final class LoggedFrame {

    private LoggedFrame() {}

    /**
     * The frame of an entry that has its value with it. Whether it began a client write is not kept in the index; its checksum tells.
     *
     * @return a cursor that stands on it
     * @throws CorruptionException if the value is not the one that was logged
     */
    public static FrameCursor rebuild(byte[] indexKey, IndexEntry entry) throws IOException {
        byte[] key = IndexKey.key(indexKey, indexKey.length);
        byte[] value = entry.value();
        for (boolean first : new boolean[] {true, false}) {
            FrameCursor frame = FrameCursor.trusted(new FrameEncoder(key.length + 64)
                    .add(FrameKind.PUT, first, IndexKey.keyspace(indexKey), key, value == null ? new byte[0] : value)
                    .payload());
            if (frame.next() && frame.plainChecksum() == entry.checksum()) {
                return frame;
            }
        }
        throw new CorruptionException(
                "a value of another replica", 0, "it is not the one that was logged with revision " + entry.revision());
    }
}
