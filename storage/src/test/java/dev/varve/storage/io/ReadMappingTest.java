package dev.varve.storage.io;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadMappingTest {

    @TempDir
    Path directory;

    private final byte[] target = new byte[10];

    @BeforeEach
    void fill() {
        Arrays.fill(target, (byte) '.');
    }

    private StoreFile file(String text) throws IOException {
        StoreFile file = DiskFileSystem.instance().create(directory.resolve("file"));
        file.write(ByteBuffer.wrap(text.getBytes(US_ASCII)), 0);
        return file;
    }

    private String target() {
        return new String(target, US_ASCII);
    }

    @Test
    void aPieceOfTheFileIsCopied() throws IOException {
        try (StoreFile file = file("0123456789")) {
            assertThat(file.readMapped(target, 2, 4, 5)).isTrue();
            assertThat(target()).isEqualTo("..5678....");
        }
    }

    @Test
    void whatIsWrittenLaterIsSeen() throws IOException {
        try (StoreFile file = file("0123456789")) {
            assertThat(file.readMapped(target, 0, 1, 0)).isTrue();
            file.write(ByteBuffer.wrap("abc".getBytes(US_ASCII)), 3);
            assertThat(file.readMapped(target, 0, 10, 0)).isTrue();
            assertThat(target()).isEqualTo("012abc6789");
        }
    }

    @Test
    void whatStandsBehindTheMappedPartIsNotRead() throws IOException {
        try (StoreFile file = file("0123456789")) {
            assertThat(file.readMapped(target, 0, 5, 6)).isFalse();
            file.write(ByteBuffer.wrap("abc".getBytes(US_ASCII)), 10);
            assertThat(file.readMapped(target, 0, 5, 6)).isFalse();
            assertThat(target()).isEqualTo("..........");
        }
    }

    @Test
    void whatIsLeftOfAFileThatIsCutStaysMapped() throws IOException {
        try (StoreFile file = file("0123456789")) {
            assertThat(file.readMapped(target, 0, 10, 0)).isTrue();
            file.truncate(5);
            assertThat(file.readMapped(target, 0, 6, 0)).isFalse();
            assertThat(file.readMapped(target, 0, 5, 0)).isTrue();
        }
    }

    @Test
    void cuttingAFileDoesNotDisturbThoseWhoRead() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (StoreFile file = DiskFileSystem.instance().create(directory.resolve("file" + i))) {
                file.write(ByteBuffer.allocate(1 << 20), 0);
                AtomicBoolean cut = new AtomicBoolean();
                CountDownLatch reading = new CountDownLatch(1);
                FutureTask<Boolean> reader = new FutureTask<>(() -> {
                    byte[] bytes = new byte[512 << 10];
                    boolean mapped = true;
                    for (int left = 3; left > 0; left -= cut.get() ? 1 : 0) {
                        mapped &= file.readMapped(bytes, 0, bytes.length, 0);
                        reading.countDown();
                    }
                    return mapped && !Thread.currentThread().isInterrupted();
                });
                Thread.ofPlatform().start(reader);
                reading.await();
                file.truncate(600 << 10);
                cut.set(true);
                assertThat(reader.get()).isTrue();
            }
        }
    }

    @Test
    void mappingsAreUsedAsLongAsAllOfThemTogetherFit() throws IOException {
        assumeThat(LinuxCalls.instance()).isNotNull();
        LinuxCalls calls = Objects.requireNonNull(LinuxCalls.instance());
        AtomicLong mappable = new AtomicLong(150);
        try (LinuxFile large = zeroes(calls, "large");
                LinuxFile other = zeroes(calls, "other")) {
            ReadMapping mapping = new ReadMapping(large, mappable);
            assertThat(mapping.read(target, 0, 1, 99)).isTrue();
            assertThat(mappable).hasValue(50);
            ReadMapping second = new ReadMapping(other, mappable);
            assertThat(second.read(target, 0, 1, 99)).isFalse();
            assertThat(mapping.read(target, 0, 1, 99))
                    .as("of the one that is mapped")
                    .isFalse();
            assertThat(mappable).hasValue(-50);
            mapping.cut(40);
            mapping.cut(60); // It is shorter.
            assertThat(mappable).hasValue(10);
            assertThat(mapping.read(target, 0, 1, 39)).isTrue();
            assertThat(mapping.read(target, 0, 1, 40)).isFalse();
            assertThat(second.read(target, 0, 1, 99)).isTrue();
            assertThat(mappable).hasValue(10);
            mapping.cut(0);
            mapping.close();
            mapping.close();
            second.close();
            assertThat(mappable).hasValue(150);
        }
    }

    private LinuxFile zeroes(LinuxCalls calls, String name) throws IOException {
        LinuxFile file = LinuxFile.open(calls, directory.resolve(name), LinuxCalls.O_RDWR | LinuxCalls.O_CREAT);
        file.write(ByteBuffer.allocate(100), 0);
        return file;
    }

    @Test
    void aClosedFileIsNotRead() throws IOException {
        StoreFile mapped = file("0123456789");
        assertThat(mapped.readMapped(target, 0, 1, 0)).isTrue();
        mapped.close();
        assertThat(mapped.readMapped(target, 0, 1, 0)).isFalse();
        assertThatThrownBy(() -> mapped.read(ByteBuffer.allocate(1), 0)).isInstanceOf(ClosedChannelException.class);
    }
}
