package dev.varve.storage.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What only the real disk shows; what all file systems have in common is told by the conformance test of the test kit. */
@Timeout(60)
class DiskFileSystemTest {

    private final DiskFileSystem files = DiskFileSystem.instance();

    @TempDir
    Path directory;

    private Path path(String name) {
        return directory.resolve(name);
    }

    private StoreFile file(String name, String contents) throws IOException {
        StoreFile file = files.create(path(name));
        file.write(ByteBuffer.wrap(contents.getBytes(US_ASCII)), 0);
        return file;
    }

    /** How many descriptors of this process are open on a file. */
    private static long descriptors(Path file) throws IOException {
        long count = 0;
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : all.toList()) {
                if (Files.isSymbolicLink(each) && file.toRealPath().equals(target(each))) {
                    count++;
                }
            }
        }
        return count;
    }

    private static @Nullable Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            return null; // Closed meanwhile by another thread of this process.
        }
    }

    @Test
    void directoriesAreCreatedLevelByLevel() throws IOException {
        files.createDirectories(path("a/b/c"));
        assertThat(path("a/b/c")).isDirectory();
        files.createDirectories(path("a/b/c/d"));
        assertThat(path("a/b/c/d")).isDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileHasOneDescriptorUntilItIsClosed() throws IOException {
        StoreFile file = file("f", "abc");
        assertThat(descriptors(path("f"))).isEqualTo(1);
        file.close();
        file.close();
        assertThat(descriptors(path("f"))).isZero();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFailureToOpenLeavesNoDescriptor() throws IOException {
        file("f", "abc").close();
        assertThatThrownBy(() -> files.create(path("f"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.open(path("f/g"))).isInstanceOf(IOException.class);
        assertThat(descriptors(path("f"))).isZero();
    }

    @Test
    void aDescriptorIsNotUsedOnceItsFileIsClosed() throws IOException {
        StoreFile file = file("f", "abc");
        assertThat(file.readResident(ByteBuffer.allocate(3), 0)).isTrue();
        file.close();
        // Its number may be another file's now.
        try (StoreFile other = file("g", "xyz")) {
            assertThatThrownBy(() -> file.readResident(ByteBuffer.allocate(3), 0))
                    .isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.preallocate(100)).isInstanceOf(ClosedChannelException.class);
            assertThat(other.size()).isEqualTo(3);
        }
    }

    @Test
    void readsThatMeetTheClosingGetTheFileOrAnErrorAndNeverAnotherFile() throws Exception {
        for (int round = 0; round < 50; round++) {
            StoreFile file = file("f" + round, "a".repeat(100));
            CountDownLatch reading = new CountDownLatch(3);
            AtomicInteger wrong = new AtomicInteger();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(CompletableFuture.runAsync(() -> readUntilClosed(file, reading, wrong)));
            }
            reading.await();
            file.close();
            List<StoreFile> others = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                others.add(file("other" + round + "-" + i, "b".repeat(100)));
            }
            for (CompletableFuture<Void> reader : readers) {
                reader.get();
            }
            for (StoreFile other : others) {
                other.close();
            }
            assertThat(wrong).hasValue(0);
            if (OS.LINUX.isCurrentOs()) {
                assertThat(descriptors(path("f" + round))).isZero();
            }
        }
    }

    private static void readUntilClosed(StoreFile file, CountDownLatch reading, AtomicInteger wrong) {
        try {
            ByteBuffer target = ByteBuffer.allocate(100);
            while (true) {
                if (file.readResident(target.clear(), 0) && target.get(50) != 'a') {
                    wrong.incrementAndGet();
                }
                reading.countDown();
            }
        } catch (ClosedChannelException e) {
            reading.countDown();
        } catch (IOException e) {
            wrong.incrementAndGet();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aDescriptorIsClosedWhoeverUsesItMeanwhile() throws Exception {
        for (int round = 0; round < 200; round++) {
            StoreFile file = file("f" + round, "abc");
            CountDownLatch begun = new CountDownLatch(4);
            AtomicInteger wrong = new AtomicInteger();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(CompletableFuture.runAsync(() -> {
                    for (int refused = 0; refused < 100; ) {
                        try {
                            file.size();
                        } catch (ClosedChannelException e) {
                            refused++;
                        } catch (IOException e) {
                            wrong.incrementAndGet();
                            return;
                        } finally {
                            begun.countDown();
                        }
                    }
                }));
            }
            begun.await();
            file.close();
            for (CompletableFuture<Void> reader : readers) {
                reader.get();
            }
            assertThat(wrong).hasValue(0);
            assertThat(descriptors(path("f" + round))).isZero();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aForceByAVirtualThreadIsMadeAndItsFailureIsTold() throws Exception {
        try (StoreFile file = file("f", "abc");
                StoreFile device = files.open(Path.of("/dev/full"))) {
            assertThat(failureOfVirtualSync(file).get()).isNull();
            assertThat(failureOfVirtualSync(device).get())
                    .hasMessageContaining("/dev/full: fdatasync: Invalid argument");
        }
    }

    private static CompletableFuture<@Nullable IOException> failureOfVirtualSync(StoreFile file) {
        CompletableFuture<@Nullable IOException> failure = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                file.sync();
                failure.complete(null);
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        return failure;
    }

    @Test
    void anInterruptDisturbsNoCall() throws Exception {
        StoreFile file = files.create(path("f"));
        Thread.currentThread().interrupt();
        file.preallocate(100);
        file.write(ByteBuffer.wrap("abc".getBytes(US_ASCII)), 0);
        file.writeLazily(ByteBuffer.wrap("def".getBytes(US_ASCII)), 3);
        file.sync();
        byte[] found = new byte[6];
        assertThat(file.readMapped(found, 0, 6, 0)).isTrue();
        assertThat(new String(found, US_ASCII)).isEqualTo("abcdef");
        assertThat(file.readResident(ByteBuffer.allocate(6), 0)).isTrue();
        assertThat(file.read(ByteBuffer.allocate(100), 0)).isEqualTo(100);
        file.truncate(6);
        assertThat(file.size()).isEqualTo(6);
        files.createDirectories(path("a/b"));
        files.syncDirectory(directory);
        files.lock(path("LOCK")).close();
        files.rename(path("f"), path("g"));
        assertThat(files.link(path("g"), path("h"))).isTrue();
        files.delete(path("g"));
        assertThat(files.list(directory)).containsExactly("LOCK", "a", "h");
        file.close();
        assertThat(Thread.interrupted())
                .as("the interrupt is kept for whom it is meant")
                .isTrue();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void preallocatedBytesHaveBlocksOfTheirOwn() throws Exception {
        try (StoreFile file = files.create(path("f"))) {
            file.preallocate(1 << 20);
            file.sync();
            Process du = new ProcessBuilder("du", "--block-size=1", path("f").toString()).start();
            String text = new String(du.getInputStream().readAllBytes(), US_ASCII);
            assertThat(Long.parseLong(text.substring(0, text.indexOf('\t')))).isGreaterThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void aFileIsNoDirectoryToList() throws IOException {
        file("f", "").close();
        assertThatThrownBy(() -> files.list(path("f"))).isInstanceOf(NotDirectoryException.class);
    }

    @Test
    void aLockThatCannotBeHadLeavesTheOneThatIsHeld() throws Exception {
        AutoCloseable held = files.lock(path("LOCK"));
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> files.lock(path("LOCK"))).isInstanceOf(FileSystem.LockedException.class);
        }
        held.close();
        files.lock(path("LOCK")).close();
        assertThat(Set.copyOf(files.list(directory))).containsExactly("LOCK");
    }
}
