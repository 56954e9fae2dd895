package dev.varve.replication.raft;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import dev.varve.replication.InterceptedFiles;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogConfig;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.SegmentRegistry;
import dev.varve.storage.log.SegmentSet;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;

/** A log on a simulated disk, and what a manifest would know of it: its segments and its first index. */
final class LogFiles implements SegmentRegistry {

    private static final Path DIRECTORY = Path.of("/log");
    private static final StoreId STORE = new StoreId(1, 2);
    private static final int SEGMENT_BYTES = 8 << 10;

    final List<Long> segments = new CopyOnWriteArrayList<>();
    SimulatedFileSystem files;
    long firstIndex = 1;
    long recentBytes;
    /** How often a file was read. */
    final AtomicInteger reads = new AtomicInteger();

    /** How often before the last log was open. */
    int readsOfLog;

    private int nextFile = 1;

    LogFiles(SimulatedFileSystem files) throws IOException {
        this.files = files;
        files.createDirectories(DIRECTORY);
    }

    @Override
    public synchronized long nextFileId() {
        return FileName.id(7, nextFile++);
    }

    @Override
    public void segmentCreated(long id) {
        segments.add(id);
    }

    private void beforeCall(String method) {
        if (method.equals("read")) {
            reads.incrementAndGet();
        }
    }

    /** The log, open, under JRaft's interface. */
    record Open(Log log, VarveLogStorage storage, ConfigurationManager configurations) implements Closeable {

        @Override
        public void close() throws IOException {
            storage.shutdown();
            log.close();
        }
    }

    Open open() throws IOException {
        Log log = Log.open(
                new LogConfig(
                        InterceptedFiles.wrap(files, this::beforeCall),
                        Ticker.system(),
                        DIRECTORY,
                        STORE,
                        0,
                        SEGMENT_BYTES,
                        this,
                        (nanos, writes, bytes) -> {}),
                new SegmentSet(),
                new Log.Start(
                        new ArrayList<>(segments),
                        segments.isEmpty() ? 0 : segments.getFirst(),
                        FileHeader.BYTES,
                        new LogState(0, 0, 1, 0),
                        0,
                        0),
                (header, position, payload) -> {});
        readsOfLog = reads.get();
        log.truncatePrefix(firstIndex);
        VarveLogStorage storage =
                new VarveLogStorage(log, recentBytes, new LogMembers(members -> {}), unreadable -> {});
        ConfigurationManager configurations = new ConfigurationManager();
        LogStorageOptions options = new LogStorageOptions();
        options.setConfigurationManager(configurations);
        Assertions.assertThat(storage.init(options)).isTrue();
        return new Open(log, storage, configurations);
    }
}
