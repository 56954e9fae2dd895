package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SegmentAllocatorTest {

    private static final int SEGMENT_BYTES = 64 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<SegmentAllocator.Fresh> taken = new ArrayList<>();

    /** What a call to the files does before it is made. */
    private volatile InterceptedFiles.BeforeCall before = (method, bytes) -> {};

    /** What writing a segment down fails with. */
    private volatile @Nullable IOException registryFailure;

    private SegmentAllocator allocator;

    private final AtomicInteger ids = new AtomicInteger();
    private final SegmentRegistry registry = new SegmentRegistry() {
        @Override
        public long nextFileId() {
            return FileName.id(7, ids.incrementAndGet());
        }

        @Override
        public void segmentCreated(long id) throws IOException {
            calls.add("registered " + FileName.count(id));
            IOException failure = registryFailure;
            if (failure != null) {
                throw failure;
            }
        }
    };

    @BeforeEach
    void create() {
        FileSystem files = InterceptedFiles.wrap(DiskFileSystem.instance(), (method, bytes) -> {
            calls.add(method);
            before.of(method, bytes);
        });
        allocator = new SegmentAllocator(files, directory, TestLog.STORE, SEGMENT_BYTES, registry);
    }

    @AfterEach
    void close() throws IOException {
        before = (method, bytes) -> {};
        allocator.close();
        for (SegmentAllocator.Fresh fresh : taken) {
            fresh.file().close();
        }
    }

    private SegmentAllocator.Fresh take(int bytes) throws IOException {
        SegmentAllocator.Fresh fresh = allocator.take(bytes);
        taken.add(fresh);
        return fresh;
    }

    /** Takes a segment as soon as there is one; until then it must be refused by these words. */
    private SegmentAllocator.Fresh takeWhenPossible(int bytes, String words) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return take(bytes);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(words);
                assertThat(System.nanoTime()).as("there is none yet").isLessThan(deadline);
                Thread.onSpinWait();
            }
        }
    }

    private List<String> names() throws IOException {
        return DiskFileSystem.instance().list(directory);
    }

    @Test
    void aSegmentIsOnTheDeviceBeforeItIsWrittenDown() throws IOException {
        allocator.start(false);
        SegmentAllocator.Fresh fresh = take(100);
        allocator.stop();
        assertThat(calls)
                .startsWith("usableBytes", "create", "preallocate", "write", "sync", "syncDirectory", "registered 1");
        ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
        fresh.file().read(header, 0);
        FileName name = new FileName(FileKind.LOG, fresh.id());
        assertThat(FileHeader.check(header.flip(), name, TestLog.STORE).preallocatedBytes())
                .isEqualTo(SEGMENT_BYTES);
        assertThat(fresh.file().size()).isEqualTo(SEGMENT_BYTES);
        assertThat(names()).contains(name.toString());
    }

    @Test
    void everySegmentIsAnotherOne() throws IOException {
        allocator.start(false);
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            seen.add(take(SEGMENT_BYTES).id());
        }
        assertThat(seen).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void aRecordThatIsTooLargeForTheSpareGetsALargerOneAndTheNextIsAsUsual() throws IOException {
        allocator.start(false);
        assertThat(take(3 * SEGMENT_BYTES).capacity()).isEqualTo(3 * SEGMENT_BYTES);
        assertThat(take(SEGMENT_BYTES).capacity()).isEqualTo(SEGMENT_BYTES);
    }

    @Test
    void aFullDiskIsToldAtOnceAndOvercomeWhenSpaceReturns() throws IOException {
        before = (method, bytes) -> {
            if (method.equals("preallocate")) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        };
        allocator.start(false);
        assertThatThrownBy(() -> take(100)).isInstanceOf(Trouble.DiskFullException.class);
        assertThat(allocator.diskFull()).isTrue();
        assertThat(names()).as("what was begun is removed").isEmpty();
        before = (method, bytes) -> {};
        assertThat(takeWhenPossible(100, "No space").capacity()).isEqualTo(SEGMENT_BYTES);
        assertThat(allocator.diskFull()).isFalse();
    }

    @Test
    void oneRecordThatFindsNoSpaceDoesNotKeepSmallerOnesFromTheirs() throws IOException {
        allocator.start(false);
        take(100);
        before = (method, bytes) -> {
            if (method.equals("preallocate") && bytes > SEGMENT_BYTES) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        };
        assertThatThrownBy(() -> take(100 * SEGMENT_BYTES)).isInstanceOf(Trouble.DiskFullException.class);
        assertThat(takeWhenPossible(100, "No space").capacity()).isEqualTo(SEGMENT_BYTES);
    }

    @Test
    void aSpareIsKeptWhileThereIsNoSpaceForALargerOne() throws IOException {
        before = (method, bytes) -> {
            if (method.equals("preallocate") && bytes > SEGMENT_BYTES) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        };
        allocator.start(false);
        allocator.requireSpare();
        assertThatThrownBy(() -> take(3 * SEGMENT_BYTES)).isInstanceOf(Trouble.DiskFullException.class);
        before = (method, bytes) -> {
            if (method.equals("preallocate")) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        };
        assertThat(allocator.diskFull()).isFalse();
        allocator.requireSpare();
        assertThat(take(SEGMENT_BYTES).capacity()).isEqualTo(SEGMENT_BYTES);
        assertThatThrownBy(allocator::requireSpare).isInstanceOf(Trouble.DiskFullException.class);
        assertThat(allocator.diskFull()).isTrue();
    }

    @Test
    void aFileThatCouldNotBeWrittenDownIsKeptForTheNextAttempt() throws IOException {
        registryFailure = new Trouble.DiskFullException("No space left on device");
        allocator.start(false);
        assertThatThrownBy(() -> take(100)).isInstanceOf(Trouble.DiskFullException.class);
        assertThat(names()).hasSize(1);
        registryFailure = null;
        SegmentAllocator.Fresh fresh = takeWhenPossible(100, "No space");
        assertThat(FileName.count(fresh.id())).isEqualTo(1);
        assertThat(calls.stream().filter("preallocate"::equals).count()).isLessThanOrEqualTo(2);
    }

    @Test
    void anUnforeseenErrorIsToldAndDoesNotEndTheThread() throws IOException {
        before = (method, bytes) -> {
            if (method.equals("preallocate")) {
                throw new IllegalStateException("unforeseen");
            }
        };
        allocator.start(false);
        assertThatThrownBy(() -> take(100)).isInstanceOf(IOException.class).hasMessageContaining("unforeseen");
        assertThat(allocator.diskFull()).isFalse();
        before = (method, bytes) -> {};
        assertThat(takeWhenPossible(100, "unforeseen").capacity()).isEqualTo(SEGMENT_BYTES);
    }

    @Test
    void whoeverWaitsForASegmentWhenTheLogIsClosedIsToldSo() throws Exception {
        CountDownLatch making = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before = (method, bytes) -> {
            if (method.equals("preallocate")) {
                making.countDown();
                await(goOn);
            }
        };
        allocator.start(false);
        making.await();
        CompletableFuture<SegmentAllocator.Fresh> waiting = CompletableFuture.supplyAsync(this::takeUnchecked);
        Thread closer = Thread.ofPlatform().start(allocator::stop);
        assertThatThrownBy(waiting::get).hasRootCauseMessage("the log is closed");
        assertThat(closer.isAlive())
                .as("the thread that makes segments is waited for")
                .isTrue();
        goOn.countDown();
        closer.join();
        assertThat(calls).as("it ended what it had begun").contains("registered 1");
    }

    private SegmentAllocator.Fresh takeUnchecked() {
        try {
            return allocator.take(100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
