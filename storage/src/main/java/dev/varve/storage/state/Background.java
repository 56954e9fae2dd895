package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegments;
import java.util.List;
import java.util.function.Function;

/**
 * What works on an open store by itself: it flushes, merges, collects, reads everything once in a while, and replaces what is damaged. Each
 * part owns its threads, and all of them make their edits of the manifest through one {@link VersionEditor}. Thread-safe.
 */
final class Background implements AutoCloseable {

    /** The scrub keeps no block, so that each pass reads the files themselves, and leaves the cache of those who serve alone. */
    private static final long SCRUB_CACHE_BYTES = 0;

    private final Manifest manifest;
    private final VersionEditor editor;
    private final Collector collector;
    private final Compactor compactor;
    private final Scrubber scrubber;
    private final Repairer repairer;
    private final Flusher flusher;

    /**
     * Starts all of it.
     *
     * @param tables makes the reader of a table that the manifest has
     * @param valueSegments where values are moved to
     * @param idle called once in a while: see {@link Flusher}
     */
    Background(
            StoreDirectory directory,
            StateOptions options,
            StateMachine.Mode mode,
            Log log,
            VersionSet versions,
            Function<TableInfo, TableReader> tables,
            ValueReader values,
            ValueSegments valueSegments,
            Readers readers,
            MergePacer pacer,
            Damages damages,
            Runnable idle,
            StateListener listener) {
        Environment environment = directory.environment();
        this.manifest = directory.manifest();
        StoreId storeId = manifest.state().storeId();
        TableMerger merger = new TableMerger(
                environment.files(),
                directory.path(),
                storeId,
                manifest::nextFileId,
                log.segments(),
                valueSegments,
                options.inlineValueBytes());
        this.editor =
                new VersionEditor(directory, log, versions, tables, merger, damages, mode == StateMachine.Mode.REPLICA);
        this.collector = new Collector(log, editor, manifest::state, options.segmentBytes(), damages);
        this.compactor = new Compactor(
                environment.ticker(),
                manifest,
                versions,
                editor,
                merger,
                collector,
                readers,
                options.memtableBytes(),
                pacer,
                listener,
                damages);
        BlockCache apart = new BlockCache(SCRUB_CACHE_BYTES, Long.MAX_VALUE);
        Function<TableInfo, TableReader> fresh =
                info -> new TableReader(environment.files(), directory.path(), storeId, info, log.segments(), apart);
        this.scrubber = new Scrubber(environment.ticker(), manifest, versions, log.segments(), fresh, pacer, damages);
        this.repairer = new Repairer(
                versions,
                editor,
                compactor,
                collector,
                merger,
                readers,
                values,
                fresh,
                damages,
                options.memtableBytes());
        this.flusher = new Flusher(
                environment.ticker(),
                log,
                manifest,
                versions,
                editor,
                merger,
                readers,
                idle,
                compactor::flushed,
                listener);
    }

    VersionEditor editor() {
        return editor;
    }

    Collector collector() {
        return collector;
    }

    Compactor compactor() {
        return compactor;
    }

    Scrubber scrubber() {
        return scrubber;
    }

    Repairer repairer() {
        return repairer;
    }

    Flusher flusher() {
        return flusher;
    }

    /** The value segments that the manifest has. */
    List<ValueSegmentInfo> valueSegments() {
        return manifest.state().values();
    }

    /** Ends all threads, and waits for them. */
    @Override
    public void close() {
        repairer.close();
        scrubber.close();
        compactor.close();
        flusher.close();
    }
}
