package dev.varve.storage.state;

import dev.varve.storage.compaction.SpaceUse;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.log.ValueSegmentInfo;
import java.util.List;

/**
 * Figures about what a store is made of.
 *
 * @param memtables the active one and those that wait to be flushed
 * @param memtableBytes bytes in use in them
 * @param tables how many there are
 * @param tableBytes bytes in them
 * @param entries in memtables and tables
 * @param flushes how many there have been since the store was opened
 * @param damagedTables tables that are left alone because they are damaged
 * @param flushDelayNanos for how long writers were made to wait because flushing was behind
 * @param mergeDelayNanos because merging was
 * @param spaceDelayNanos because the collection of dead values was
 * @param snapshots registered revisions
 * @param space how space is used
 */
public record StateSizes(
        int memtables,
        long memtableBytes,
        int tables,
        long tableBytes,
        long entries,
        long flushes,
        int damagedTables,
        long flushDelayNanos,
        long mergeDelayNanos,
        long spaceDelayNanos,
        int snapshots,
        Space space) {

    /**
     * How space is used.
     *
     * @param valueSegments files of values that were moved out of the log
     * @param valueBytes bytes in them
     * @param fileBytes bytes of log, value segments and tables
     * @param liveBytes bytes of what can be read, uncompressed, as the tables tell
     * @param victims segments that are being collected
     * @param uncollectable segments that cannot be collected because something in them cannot be read
     */
    public record Space(
            int valueSegments, long valueBytes, long fileBytes, long liveBytes, int victims, int uncollectable) {}

    static StateSizes of(Version version, Background background, WritePacer pacer, int snapshots) {
        long memory = version.active().usedBytes();
        long entries = version.active().entries();
        for (Version.Frozen frozen : version.frozen()) {
            memory += frozen.memtable().usedBytes();
            entries += frozen.memtable().entries();
        }
        long bytes = 0;
        List<TableReader> tables = version.tables().all();
        for (TableReader table : tables) {
            bytes += table.info().sizeBytes();
            entries += table.info().entries();
        }
        return new StateSizes(
                1 + version.frozen().size(),
                memory,
                tables.size(),
                bytes,
                entries,
                background.flusher().flushes(),
                background.compactor().damagedTables(),
                pacer.flushNanos(),
                pacer.mergeNanos(),
                pacer.spaceNanos(),
                snapshots,
                space(version.tables(), background));
    }

    private static Space space(Levels tables, Background background) {
        Collector collector = background.collector();
        List<ValueSegmentInfo> values = background.valueSegments();
        SpaceUse use = collector.use(tables);
        return new Space(
                values.size(),
                values.stream().mapToLong(ValueSegmentInfo::sizeBytes).sum(),
                use.fileBytes(),
                use.liveBytes(),
                collector.victimCount(),
                collector.unreadableCount());
    }
}
