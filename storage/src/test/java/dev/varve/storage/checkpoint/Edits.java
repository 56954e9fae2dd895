package dev.varve.storage.checkpoint;

import dev.varve.storage.index.SegmentBytes;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Edits for tests. */
final class Edits {

    static final int ORIGIN = 0x01020304;
    static final ManifestEdit.Identity IDENTITY =
            new ManifestEdit.Identity(0x1112_1314_1516_1718L, ORIGIN, 0x2122_2324_2526_2728L, "nö");

    private Edits() {}

    static TableInfo table(long id) {
        return new TableInfo(
                id,
                2,
                3,
                4,
                new byte[] {0, 7},
                new byte[] {0, 8, 9},
                5,
                6,
                new TreeMap<>(Map.of(10L, 100L, 11L, 110L)));
    }

    static TableInfo tableWithRanges(long id) {
        return new TableInfo(id, 2, 0, 0, 4, new byte[] {0, 7}, new byte[] {1}, 5, 6, SegmentBytes.NONE);
    }

    static Checkpoint checkpoint(long index) {
        return new Checkpoint(index, 2, 3, 4, 5, 6, new byte[] {7, 8}, 9);
    }

    /** One of each kind. */
    static List<ManifestEdit> all() {
        return List.of(
                IDENTITY,
                new ManifestEdit.FileCount(0x01020304),
                new ManifestEdit.SegmentCreated(0x0102_0304_0506_0708L),
                new ManifestEdit.SegmentRemoved(-1),
                new ManifestEdit.TableAdded(table(1)),
                new ManifestEdit.TableRemoved(1),
                new ManifestEdit.ValueSegmentAdded(new ValueSegmentInfo(0x0102_0304_0506_0708L, 0x01020304, 9)),
                new ManifestEdit.ValueSegmentRemoved(2),
                new ManifestEdit.Checkpointed(checkpoint(1)),
                new ManifestEdit.Closed(1, 0x01020304),
                new ManifestEdit.LogBegins(1, 2, 3, 4),
                new ManifestEdit.TableAdded(tableWithRanges(2)));
    }
}
