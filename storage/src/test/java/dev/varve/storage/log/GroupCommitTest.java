package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitTest {

    @TempDir
    Path directory;

    private Log log;

    @BeforeEach
    void open() throws IOException {
        log = new TestLog(directory, 256 << 10).open();
    }

    @AfterEach
    void close() throws IOException {
        log.close();
    }

    private static GroupCommit.Write write(GroupCommit.@Nullable Completion completion) {
        FrameEncoder frames = new FrameEncoder(64);
        frames.add(FrameKind.PUT, true, Frames.USER, new byte[] {'k'}, new byte[] {'v'});
        return new GroupCommit.Write(frames, true, completion);
    }

    @Test
    void writesAreAppliedInTheOrderOfTheLogBeforeTheyAreAnswered() throws IOException {
        List<Long> applied = new ArrayList<>();
        List<Long> answered = new ArrayList<>();
        GroupCommit commits =
                log.groupCommit(writes -> writes.forEach(each -> applied.add(each.revision())), Integer.MAX_VALUE);
        for (int i = 0; i < 100; i++) {
            assertThat(commits.submit(write((revision, failure) -> {
                        assertThat(failure).isNull();
                        assertThat(applied).contains(revision);
                        answered.add(revision);
                    })))
                    .isTrue();
        }
        commits.commit(write(null));
        commits.close();
        assertThat(applied).hasSize(101).isSorted().startsWith(1L).endsWith(101L);
        assertThat(answered).isEqualTo(applied.subList(0, 100));
        assertThat(log.durableIndex()).isEqualTo(101);
    }

    @Test
    void aLonelyWriterForcesByItselfUnlessItIsAVirtualThread() throws Exception {
        List<Thread> committing = new ArrayList<>();
        try (GroupCommit commits =
                log.groupCommit(writes -> committing.add(Thread.currentThread()), Integer.MAX_VALUE)) {
            commits.commit(write(null));
            CompletableFuture<@Nullable IOException> failure = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    commits.commit(write(null));
                    failure.complete(null);
                } catch (IOException e) {
                    failure.complete(e);
                }
            });
            assertThat(failure.get()).isNull();
        }
        assertThat(committing).hasSize(2);
        assertThat(committing.getFirst()).isSameAs(Thread.currentThread());
        assertThat(committing.getLast().getName()).isEqualTo("varve-syncer");
    }

    @Test
    void aWriteThatCannotBeAppliedHasAnUnknownOutcomeAndIsTheLast() throws IOException {
        GroupCommit commits = log.groupCommit(
                writes -> {
                    throw new IOException("cannot be applied");
                },
                Integer.MAX_VALUE);
        assertThatThrownBy(() -> commits.commit(write(null)))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("cannot be applied");
        assertThatThrownBy(() -> commits.commit(write(null))).isInstanceOf(LogFailedException.class);
        commits.close();
    }

    @Test
    void nothingIsTakenBeyondTheBoundOrAfterTheEnd() throws IOException {
        GroupCommit commits = log.groupCommit(writes -> {}, Integer.MAX_VALUE);
        commits.close();
        assertThatThrownBy(() -> commits.submit(write(null))).hasMessageContaining("closed");
        GroupCommit bounded = log.groupCommit(writes -> {}, -1);
        assertThat(bounded.submit(write(null))).isFalse();
        bounded.close();
    }

    @Test
    void groupsOfAllSizesAreLoggedAsTheyWereWritten() throws IOException {
        Random random = new Random(3);
        List<byte[]> values = new ArrayList<>();
        GroupCommit commits = log.groupCommit(writes -> {}, Integer.MAX_VALUE);
        for (int i = 0; i < 400; i++) {
            byte[] value = new byte[random.nextInt(random.nextInt(8) == 0 ? 1_500_000 : 60_000)];
            random.nextBytes(value);
            values.add(value);
            FrameEncoder frames = new FrameEncoder(64);
            frames.add(FrameKind.PUT, true, Frames.USER, new byte[] {'k'}, value);
            assertThat(commits.submit(new GroupCommit.Write(frames, i % 3 == 0, null)))
                    .isTrue();
        }
        commits.close();
        for (int i = 0; i < values.size(); i++) {
            LogEntry entry = log.entry(i + 1);
            assertThat(entry).as("entry %d", i + 1).isNotNull();
            FrameCursor frame = FrameCursor.plain(entry == null ? ByteBuffer.allocate(0) : entry.payload());
            assertThat(frame.next()).isTrue();
            assertThat(Arrays.equals(frame.value(), values.get(i)))
                    .as("value %d", i + 1)
                    .isTrue();
        }
    }

    private static GroupCommit.Write unforced(int valueBytes) {
        FrameEncoder frames = new FrameEncoder(64);
        frames.add(FrameKind.PUT, true, Frames.USER, new byte[] {'k'}, new byte[valueBytes]);
        return new GroupCommit.Write(frames, false, null);
    }

    @Test
    void unforcedWritesAreForcedBehindTheirWritersBeforeTheyAreMany() throws Exception {
        try (GroupCommit commits = log.groupCommit(writes -> {}, Integer.MAX_VALUE)) {
            for (int i = 0; i < 10; i++) {
                commits.commit(unforced(1_000));
            }
            assertThat(log.durableIndex()).as("too few to be forced").isZero();
            for (int i = 0; i < 30; i++) {
                commits.commit(unforced(1_000));
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (log.durableIndex() == 0 && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            assertThat(log.durableIndex()).isGreaterThan(20);
        }
    }

    @Test
    void afterAForceBehindTheirBackHasFailedWritersAreToldSo() throws Exception {
        log.close();
        AtomicBoolean failing = new AtomicBoolean();
        FileSystem files = InterceptedFiles.wrap(DiskFileSystem.instance(), (method, bytes) -> {
            if (method.equals("sync") && failing.get()) {
                throw new IOException("the device is gone");
            }
        });
        Path other = Files.createDirectory(directory.resolve("failing"));
        log = new TestLog(other, 256 << 10).open(files, Ticker.system(), (h, position, p) -> {});
        failing.set(true);
        try (GroupCommit commits = log.groupCommit(writes -> {}, Integer.MAX_VALUE)) {
            try {
                for (int i = 0; i < 40; i++) { // Fewer than a segment holds, which is forced as it ends.
                    commits.commit(unforced(1_000));
                }
            } catch (LogFailedException e) {
                assertThat(e).hasMessageContaining("the device is gone"); // It was quick.
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (log.failure() == null && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            assertThat(log.failure()).hasMessageContaining("the device is gone");
            assertThat(log.durableIndex()).isZero();
            assertThatThrownBy(() -> commits.commit(unforced(1))).isInstanceOf(LogFailedException.class);
        }
    }

    @Test
    void unforcedWritesOfManyThreadsAreAppliedOnceAndBeforeTheyReturn() throws Exception {
        Set<Long> applied = ConcurrentHashMap.newKeySet();
        GroupCommit commits = log.groupCommit(
                writes -> writes.forEach(
                        each -> assertThat(applied.add(each.revision())).isTrue()),
                Integer.MAX_VALUE);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean forces = i == 3;
            writers.add(CompletableFuture.runAsync(() -> {
                for (int n = 0; n < 2_000; n++) {
                    FrameEncoder frames = new FrameEncoder(64);
                    frames.add(FrameKind.PUT, true, Frames.USER, new byte[] {'k'}, new byte[] {'v'});
                    GroupCommit.Write write = new GroupCommit.Write(frames, forces && n % 100 == 0, null);
                    try {
                        commits.commit(write);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    assertThat(applied).contains(write.revision());
                }
            }));
        }
        for (CompletableFuture<Void> writer : writers) {
            writer.get();
        }
        commits.close();
        assertThat(applied).hasSize(8_000);
        assertThat(log.lastIndex()).isEqualTo(8_000);
    }
}
