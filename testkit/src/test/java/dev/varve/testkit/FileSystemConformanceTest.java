package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every file system must do: asked of the real one and of the simulated one alike. */
class FileSystemConformanceTest {

    @Nested
    class OnDisk extends Conformance {

        @Override
        FileSystem files() {
            return DiskFileSystem.instance();
        }
    }

    @Nested
    class ByChannels extends Conformance {

        @Override
        FileSystem files() {
            return DiskFileSystem.byChannels();
        }
    }

    @Nested
    class Simulated extends Conformance {

        private final SimulatedFileSystem simulated = new SimulatedFileSystem();

        @Override
        FileSystem files() {
            return simulated;
        }
    }

    abstract static class Conformance {

        @TempDir
        Path temporary = Path.of(".");

        private Path directory = Path.of(".");

        abstract FileSystem files();

        @BeforeEach
        void makeDirectory() throws IOException {
            directory = temporary.resolve("a/b");
            files().createDirectories(directory);
        }

        private Path path(String name) {
            return directory.resolve(name);
        }

        private void make(String name, String text) throws IOException {
            try (StoreFile file = files().create(path(name))) {
                write(file, text, 0);
            }
        }

        private String text(String name) throws IOException {
            try (StoreFile file = files().openForRead(path(name))) {
                return read(file, 0, 1000);
            }
        }

        private static void write(StoreFile file, String text, long position) throws IOException {
            ByteBuffer source = ByteBuffer.wrap(text.getBytes(US_ASCII));
            file.write(source, position);
            assertThat(source.hasRemaining()).isFalse();
        }

        private static String read(StoreFile file, long position, int length) throws IOException {
            ByteBuffer target = ByteBuffer.allocate(length);
            int read = file.read(target, position);
            assertThat(target.position()).isEqualTo(read);
            return new String(target.array(), 0, read, US_ASCII);
        }

        @Test
        void writtenBytesAreReadAtTheirPosition() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abcdef", 0);
                write(file, "XY", 2);
                assertThat(read(file, 0, 6)).isEqualTo("abXYef");
                assertThat(read(file, 3, 2)).isEqualTo("Ye");
                assertThat(file.size()).isEqualTo(6);
            }
            assertThat(text("f")).isEqualTo("abXYef");
        }

        @Test
        void whatIsWrittenLazilyIsReadByAnybodyAtOnce() throws IOException {
            try (StoreFile file = files().create(path("f"));
                    StoreFile other = files().openForRead(path("f"))) {
                file.preallocate(10_000);
                for (int at = 0; at < 9_990; at += 10) {
                    ByteBuffer source = ByteBuffer.wrap("0123456789".getBytes(US_ASCII));
                    file.writeLazily(source, at);
                    assertThat(source.hasRemaining()).isFalse();
                }
                write(file, "forced", 5_000);
                file.sync();
                assertThat(read(file, 4_995, 20)).isEqualTo("56789forced678901234");
                assertThat(read(other, 9_980, 10)).isEqualTo("0123456789");
            }
        }

        @Test
        void lazyWritesGoOnFromOnePartOfALargeFileToTheNextAndBack() throws IOException {
            byte[] expected = new byte[9 << 20];
            try (StoreFile file = files().create(path("f"))) {
                file.preallocate(expected.length);
                int piece = 700_001;
                for (int at = 0; at + piece <= expected.length; at += piece) {
                    Arrays.fill(expected, at, at + piece, (byte) (1 + at / piece));
                    file.writeLazily(ByteBuffer.wrap(expected.clone(), at, piece), at);
                }
                expected[17] = 99;
                file.writeLazily(ByteBuffer.wrap(new byte[] {99}), 17);
                ByteBuffer found = ByteBuffer.allocate(expected.length);
                assertThat(file.read(found, 0)).isEqualTo(expected.length);
                assertThat(found.array()).isEqualTo(expected);
            }
        }

        @Test
        void aLazyWriteMayReachBeyondWhatWasPreallocatedOrWasCut() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                file.writeLazily(ByteBuffer.wrap("abc".getBytes(US_ASCII)), 0);
                file.preallocate(4_096);
                file.writeLazily(ByteBuffer.wrap("def".getBytes(US_ASCII)), 3);
                file.writeLazily(ByteBuffer.wrap("xyz".getBytes(US_ASCII)), 4_095);
                assertThat(read(file, 0, 7)).isEqualTo("abcdef\0");
                assertThat(file.size()).isEqualTo(4_098);
                file.truncate(4);
                file.writeLazily(ByteBuffer.wrap("ghi".getBytes(US_ASCII)), 4);
                assertThat(read(file, 0, 10)).isEqualTo("abcdghi");
            }
        }

        @Test
        void aClosedFileTakesNoLazyWrite() throws IOException {
            StoreFile file = files().create(path("f"));
            file.preallocate(4_096);
            file.writeLazily(ByteBuffer.wrap("abc".getBytes(US_ASCII)), 0);
            file.close();
            assertThatThrownBy(() -> file.writeLazily(ByteBuffer.wrap("def".getBytes(US_ASCII)), 3))
                    .isInstanceOf(ClosedChannelException.class);
            assertThat(text("f")).startsWith("abc\0");
        }

        @Test
        void aReadAtTheEndIsShort() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                assertThat(read(file, 1, 10)).isEqualTo("bc");
                assertThat(read(file, 3, 10)).isEmpty();
                assertThat(read(file, 4_000, 10)).isEmpty();
                assertThat(read(file, 0, 0)).isEmpty();
            }
        }

        @Test
        void aWriteBehindTheEndLeavesZeroes() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "a", 0);
                write(file, "b", 3_000);
                assertThat(file.size()).isEqualTo(3_001);
                assertThat(read(file, 0, 3_001)).isEqualTo("a" + "\0".repeat(2_999) + "b");
            }
        }

        @Test
        void writesAcrossManySectorsAreReadBack() throws IOException {
            String text = "0123456789abcdef".repeat(1_000);
            try (StoreFile file = files().create(path("f"))) {
                write(file, text, 0);
                write(file, text.substring(0, 5_000), 333);
                assertThat(read(file, 0, 20_000))
                        .isEqualTo(text.substring(0, 333) + text.substring(0, 5_000) + text.substring(5_333));
            }
        }

        @Test
        void aFileIsCreatedOnce() throws IOException {
            make("f", "abc");
            assertThatThrownBy(() -> files().create(path("f"))).isInstanceOf(FileAlreadyExistsException.class);
            assertThat(text("f")).isEqualTo("abc");
        }

        @Test
        void aFileInAMissingDirectoryIsNotCreated() {
            assertThatThrownBy(() -> files().create(path("none/f"))).isInstanceOf(NoSuchFileException.class);
        }

        @Test
        void missingFilesAreNamed() {
            assertThatThrownBy(() -> files().open(path("f")))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining(path("f").toString());
            assertThatThrownBy(() -> files().openForRead(path("f"))).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().delete(path("f"))).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().rename(path("f"), path("g"))).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().list(path("none"))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> files().syncDirectory(path("none"))).isInstanceOf(IOException.class);
        }

        @Test
        void namesAreListedInOrder() throws IOException {
            make("c", "");
            make("a", "");
            files().createDirectories(path("b"));
            assertThat(files().list(directory)).containsExactly("a", "b", "c");
            assertThat(files().exists(path("a"))).isTrue();
            assertThat(files().exists(path("b"))).isTrue();
            assertThat(files().exists(path("d"))).isFalse();
        }

        @Test
        void directoriesAreCreatedOnceAndNotOverFiles() throws IOException {
            files().createDirectories(directory);
            make("f", "");
            assertThatThrownBy(() -> files().createDirectories(path("f"))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> files().createDirectories(path("f/g"))).isInstanceOf(IOException.class);
        }

        @Test
        void aRenameReplacesItsTarget() throws IOException {
            make("new", "new");
            make("old", "old");
            files().rename(path("new"), path("old"));
            assertThat(files().list(directory)).containsExactly("old");
            assertThat(text("old")).isEqualTo("new");
        }

        @Test
        void openFilesSurviveTheirNames() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                files().rename(path("f"), path("g"));
                write(file, "X", 0);
                assertThat(text("g")).isEqualTo("Xbc");
                files().delete(path("g"));
                write(file, "Y", 1);
                assertThat(read(file, 0, 3)).isEqualTo("XYc");
            }
            assertThat(files().list(directory)).isEmpty();
        }

        @Test
        void aLinkIsTheSameFileUnderASecondName() throws IOException {
            make("f", "abc");
            Path other = directory.resolve("c");
            files().createDirectories(other);
            assertThat(files().link(path("f"), other.resolve("g"))).isTrue();
            assertThat(text("c/g")).isEqualTo("abc");
            try (StoreFile file = files().open(path("f"))) {
                write(file, "X", 0);
            }
            assertThat(text("c/g")).isEqualTo("Xbc");
            files().delete(path("f"));
            assertThat(text("c/g")).isEqualTo("Xbc");
            make("f", "new");
            assertThat(text("c/g")).isEqualTo("Xbc");
        }

        @Test
        void aLinkNeedsAFileAndAFreeName() throws IOException {
            make("f", "abc");
            make("g", "def");
            assertThatThrownBy(() -> files().link(path("f"), path("g"))).isInstanceOf(FileAlreadyExistsException.class);
            assertThatThrownBy(() -> files().link(path("none"), path("h"))).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().link(path("f"), path("none/h"))).isInstanceOf(NoSuchFileException.class);
            assertThat(files().list(directory)).containsExactly("f", "g");
        }

        @Test
        void aDirectoryIsRenamedWithAllThatIsInIt() throws IOException {
            files().createDirectories(path("d/e"));
            make("d/f", "abc");
            make("d/e/g", "def");
            try (StoreFile open = files().open(path("d/f"))) {
                files().rename(path("d"), path("n"));
                write(open, "X", 0);
            }
            assertThat(files().list(directory)).containsExactly("n");
            assertThat(files().list(path("n"))).containsExactly("e", "f");
            assertThat(text("n/f")).isEqualTo("Xbc");
            assertThat(text("n/e/g")).isEqualTo("def");
        }

        @Test
        void aDirectoryReplacesAnEmptyOneOnly() throws IOException {
            files().createDirectories(path("d"));
            make("d/f", "abc");
            files().createDirectories(path("empty"));
            files().rename(path("d"), path("empty"));
            assertThat(text("empty/f")).isEqualTo("abc");
            files().createDirectories(path("d"));
            make("d/g", "def");
            assertThatThrownBy(() -> files().rename(path("d"), path("empty"))).isInstanceOf(IOException.class);
            assertThat(text("d/g")).isEqualTo("def");
            assertThat(text("empty/f")).isEqualTo("abc");
        }

        @Test
        void onlyAnEmptyDirectoryIsRemoved() throws IOException {
            files().createDirectories(path("d"));
            make("d/f", "abc");
            assertThatThrownBy(() -> files().delete(path("d"))).isInstanceOf(IOException.class);
            files().delete(path("d/f"));
            files().delete(path("d"));
            assertThat(files().exists(path("d"))).isFalse();
        }

        @Test
        void residentReadsAreRightAlsoAfterTheNameHasGoneToAnotherFile() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                files().rename(path("f"), path("g"));
                make("f", "xyz");
                assertResidentIsNothingBut(file, "abc");
                files().delete(path("g"));
                files().delete(path("f"));
                assertResidentIsNothingBut(file, "abc");
            }
        }

        @Test
        void residentReadsAreWholeOrNothing() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                assertResidentIsNothingBut(file, "abc");
                ByteBuffer tooLong = ByteBuffer.allocate(4).position(0);
                assertThat(file.readResident(tooLong, 0)).isFalse();
                assertThat(tooLong.position()).isZero();
                assertThat(file.readResident(tooLong, 5_000)).isFalse();
            }
        }

        private static void assertResidentIsNothingBut(StoreFile file, String text) throws IOException {
            ByteBuffer target = ByteBuffer.allocate(text.length());
            if (file.readResident(target, 0)) {
                assertThat(new String(target.array(), US_ASCII)).isEqualTo(text);
                assertThat(target.hasRemaining()).isFalse();
            } else {
                assertThat(target.position()).isZero();
            }
        }

        @Test
        void residentReadsWorkOnFilesOpenForReading() throws IOException {
            make("f", "abc");
            try (StoreFile file = files().openForRead(path("f"))) {
                assertResidentIsNothingBut(file, "abc");
            }
        }

        @Test
        void truncationCutsAndNeverGrows() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "a".repeat(2_000), 0);
                file.truncate(3_000);
                assertThat(file.size()).isEqualTo(2_000);
                file.truncate(700);
                assertThat(file.size()).isEqualTo(700);
                write(file, "b", 1_500);
                assertThat(read(file, 0, 2_000)).isEqualTo("a".repeat(700) + "\0".repeat(800) + "b");
            }
        }

        @Test
        void preallocationGrowsWithZeroesAndNeverCuts() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                file.preallocate(10_000);
                assertThat(file.size()).isEqualTo(10_000);
                assertThat(read(file, 0, 10_000)).isEqualTo("abc" + "\0".repeat(9_997));
                file.preallocate(100);
                assertThat(file.size()).isEqualTo(10_000);
            }
        }

        @Test
        void aFileOpenForReadingRefusesChanges() throws IOException {
            make("f", "abc");
            try (StoreFile file = files().openForRead(path("f"))) {
                assertThatThrownBy(() -> write(file, "x", 0)).isInstanceOf(Exception.class);
                assertThatThrownBy(() -> file.truncate(1)).isInstanceOf(Exception.class);
            }
            assertThat(text("f")).isEqualTo("abc");
        }

        @Test
        void aClosedFileRefusesAllButClosing() throws IOException {
            StoreFile file = files().create(path("f"));
            write(file, "abc", 0);
            file.close();
            file.close();
            assertThatThrownBy(() -> read(file, 0, 1)).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> write(file, "x", 0)).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(file::sync).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(ClosedChannelException.class);
        }

        @Test
        void syncsSucceed() throws IOException {
            try (StoreFile file = files().create(path("f"))) {
                write(file, "abc", 0);
                file.sync();
                files().syncDirectory(directory);
                assertThat(read(file, 0, 3)).isEqualTo("abc");
            }
        }

        @Test
        void aLockIsHeldOnceAndGivenBack() throws Exception {
            try (AutoCloseable lock = files().lock(path("LOCK"))) {
                assertThat(lock).isNotNull();
                assertThat(files().exists(path("LOCK"))).isTrue();
                assertThatThrownBy(() -> files().lock(path("LOCK")))
                        .isInstanceOf(FileSystem.LockedException.class)
                        .hasMessageContaining("LOCK");
            }
            files().lock(path("LOCK")).close();
        }

        @Test
        void someSpaceIsUsable() throws IOException {
            assertThat(files().usableBytes(directory)).isPositive();
        }
    }
}
