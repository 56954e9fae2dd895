package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class LinuxFileTest {

    private static final int PAGE = 4096;

    /** In so long what the system has begun to read is in memory; it cannot be asked again and again, since it reads what it is asked for. */
    private static final long ARRIVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int PAGES = 64;

    private final LinuxCalls calls = Objects.requireNonNull(LinuxCalls.instance());
    private final byte[] contents = new byte[PAGES * PAGE];
    private final ByteBuffer target = ByteBuffer.allocate(1_000);
    private Path path;

    @BeforeEach
    void write(@TempDir Path directory) throws Exception {
        new Random(1).nextBytes(contents);
        path = directory.resolve("f");
        try (StoreFile file = DiskFileSystem.instance().create(path)) {
            file.write(ByteBuffer.wrap(contents), 0);
            file.sync();
        }
        forgetIt();
        try (LinuxFile file = open(0)) {
            assumeThat(file.readResident(target.clear(), 0))
                    .as("the system lets go of a file")
                    .isFalse();
        }
        forgetIt();
    }

    /** Has the system give up the pages that it has of the file. */
    private void forgetIt() throws Exception {
        Process dd = new ProcessBuilder("dd", "if=" + path, "iflag=nocache", "count=0")
                .redirectErrorStream(true)
                .start();
        dd.getInputStream().readAllBytes();
        assertThat(dd.waitFor()).isZero();
    }

    private LinuxFile open(long mappable) throws IOException {
        return open(mappable, new AtomicLong());
    }

    private LinuxFile open(long mappable, AtomicLong fitting) throws IOException {
        return LinuxFile.open(calls, path, LinuxCalls.O_RDONLY, new AtomicLong(mappable), fitting);
    }

    private void read(LinuxFile file, int position) throws IOException {
        assertThat(file.read(target.clear(), position)).isEqualTo(target.capacity());
        assertThat(target.array()).isEqualTo(Arrays.copyOfRange(contents, position, position + target.capacity()));
    }

    private boolean isKept(int position) throws IOException {
        try (LinuxFile file = open(0)) {
            return file.readResident(target.clear(), position);
        }
    }

    private void assumeTheSystemCanReadWithoutKeeping() throws Exception {
        LinuxCalls.Descriptor descriptor = calls.open(path, LinuxCalls.O_RDONLY);
        calls.read(descriptor, target.clear(), 0, false);
        calls.close(descriptor);
        assumeThat(isKept(0)).as("kept by a system that knows no better").isFalse();
        forgetIt();
    }

    /** Reads pages far from each other, each at an offset. */
    private void readPages(LinuxFile file, int offset) throws IOException {
        for (int page = 0; page < PAGES; page += 4) {
            read(file, page * PAGE + offset);
        }
    }

    /** Of these pages: the system may keep one that somebody else holds at that moment. */
    private int kept() throws IOException {
        return kept(0, PAGES, 4);
    }

    /** How many of them the file says to be in memory. */
    private int resident(LinuxFile file) throws IOException {
        int resident = 0;
        for (int page = 0; page < PAGES; page += 4) {
            resident += file.readResident(target.clear(), (long) page * PAGE) ? 1 : 0;
        }
        return resident;
    }

    private int kept(int from, int to, int step) throws IOException {
        int kept = 0;
        for (int page = from; page < to; page += step) {
            kept += isKept(page * PAGE) ? 1 : 0;
        }
        return kept;
    }

    @Test
    void whatIsReadSeldomIsKeptIfItIsReadAgain() throws Exception {
        assumeTheSystemCanReadWithoutKeeping();
        try (LinuxFile file = open(-1)) {
            file.expectSeldomReads();
            readPages(file, 0);
            assertThat(kept()).isLessThan(PAGES / 4 / 2);
            forgetIt(); // The questions just asked had the system read them.
            readPages(file, 100);
            assertThat(kept()).isGreaterThan(PAGES / 4 / 2);
        }
    }

    @Test
    void askingForWhatIsInMemoryHasNothingKeptEither() throws Exception {
        assumeTheSystemCanReadWithoutKeeping();
        try (LinuxFile file = open(-1)) {
            file.expectSeldomReads();
            assertThat(resident(file)).isLessThan(PAGES / 4 / 2);
            readPages(file, 0);
            assertThat(kept()).isLessThan(PAGES / 4 / 2);
            forgetIt();
            readPages(file, 0);
            assertThat(resident(file)).isGreaterThan(PAGES / 4 / 2);
        }
    }

    @Test
    void thePageOfAHeadIsKeptForWhatFollows() throws Exception {
        try (LinuxFile file = open(-1)) {
            file.expectSeldomReads();
            file.read(ByteBuffer.allocate(64), 5 * PAGE);
            assertThat(isKept(5 * PAGE)).isTrue();
        }
    }

    @Test
    void anyOtherFileIsKept() throws Exception {
        try (LinuxFile file = open(-1)) {
            read(file, 5 * PAGE);
            assertThat(isKept(5 * PAGE)).isTrue();
        }
    }

    @Test
    void aFileOfThoseThatFitInMemoryIsKept() throws Exception {
        try (LinuxFile file = open(1 << 20)) {
            file.expectSeldomReads();
            read(file, 5 * PAGE);
            assertThat(isKept(5 * PAGE)).isTrue();
        }
    }

    /** Of the 64 KiB around a page that is read, how many pages are in memory then: the least of some times, since the system may not let go of all of them. */
    private int leastAround(LinuxFile file) throws Exception {
        int least = PAGES;
        for (int time = 0; time < 4; time++) {
            forgetIt();
            read(file, 31 * PAGE);
            LockSupport.parkNanos(ARRIVAL_NANOS);
            least = Math.min(least, kept(16, 32, 1));
        }
        return least;
    }

    @Test
    void whatIsReadFrequentlyComesWithWhatStandsAroundIt() throws Exception {
        try (LinuxFile file = open(0, new AtomicLong(contents.length))) {
            file.expectFrequentReads();
            assertThat(leastAround(file)).isGreaterThan(12);
        }
    }

    @Test
    void ofFilesThatDoNotFitOnlyThePieceIsRead() throws Exception {
        AtomicLong fitting = new AtomicLong(contents.length - 1);
        try (LinuxFile file = open(0, fitting)) {
            file.expectFrequentReads();
            assertThat(leastAround(file)).isLessThan(4);
        }
        assertThat(fitting).as("given back").hasValue(contents.length - 1);
    }

    @Test
    void whatIsReadAheadIsInMemoryWhenItIsAskedFor() throws Exception {
        try (LinuxFile file = open(0)) {
            file.readAhead(8 * PAGE, 32 * PAGE);
            read(file, 39 * PAGE); // The last one to arrive.
            assertThat(kept(8, 40, 1)).isGreaterThan(24);
            file.readAhead(PAGES * PAGE, PAGE);
        }
    }

    @Test
    void whatWasNeverWrittenIsKnownToBeZero() throws Exception {
        Path sparse = path.resolveSibling("g");
        try (StoreFile file = DiskFileSystem.instance().create(sparse)) {
            file.preallocate(1 << 20);
            file.write(ByteBuffer.wrap(new byte[] {1}), 600_000);
            LinuxCalls.Descriptor descriptor = calls.open(sparse, LinuxCalls.O_RDONLY);
            long known = calls.nextData(descriptor, 10);
            calls.close(descriptor);
            assumeThat(known).as("the file system knows").isGreaterThan(10);
            assertThat(file.nextData(10)).isBetween(600_000L - 64 * PAGE, 600_000L);
            assertThat(file.nextData(600_000)).isEqualTo(600_000);
            assertThat(file.nextData(900_000)).isEqualTo(Long.MAX_VALUE);
        }
    }
}
