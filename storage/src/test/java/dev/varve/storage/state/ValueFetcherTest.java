package dev.varve.storage.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.MovedValue;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueRunWriter;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegments;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueFetcherTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final long ID = 100;

    @TempDir
    Path directory;

    private final SegmentSet segments = new SegmentSet();
    private final ValueFetcher fetcher = new ValueFetcher(new ValueReader(segments));

    /** The reads of the file: where each began, and how many bytes it asked for. */
    private final TreeMap<Long, Integer> reads = new TreeMap<>();

    private final List<byte[]> values = new ArrayList<>();
    private final List<RangeItem> items = new ArrayList<>();
    private final TreeMap<Long, Integer> residentReads = new TreeMap<>();
    private boolean mapped;
    private boolean resident;

    /** A read that begins here fails; none does if it is negative. */
    private long failing = -1;

    /** Where reads meet before they go on, if it is not null. */
    private final CyclicBarrier meeting = new CyclicBarrier(2);

    private boolean meet;

    @AfterEach
    void close() throws IOException {
        fetcher.close();
        segments.close();
    }

    private static byte[] key(int i) {
        return "key%04d".formatted(i).getBytes(US_ASCII);
    }

    /** Writes a segment with so many random values, which do not compress, or half random ones, which do. */
    private void write(int count, int length, boolean compressible) throws Exception {
        SegmentSet written = new SegmentSet();
        ValueRunWriter run =
                new ValueSegments(DiskFileSystem.instance(), directory, STORE, () -> ID, 64 << 20, written).newRun();
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[length];
            new Random(i).nextBytes(value);
            if (compressible) {
                Arrays.fill(value, length / 2, length, (byte) 7);
            }
            FrameCursor frame = FrameCursor.plain(new FrameEncoder(64)
                    .add(FrameKind.PUT, true, Frames.USER, key(i), value)
                    .payload());
            assertThat(frame.next()).isTrue();
            MovedValue moved = run.add(frame);
            byte[] indexKey = IndexKey.of(Frames.USER, key(i));
            IndexEntry entry = new IndexEntry(
                    EntryKind.POINTER,
                    1,
                    moved.position(),
                    length,
                    frame.plainChecksum(),
                    null,
                    moved.codec(),
                    moved.storedLength());
            items.add(new RangeItem(indexKey, indexKey.length, entry));
            values.add(value);
        }
        List<ValueSegmentInfo> finished = run.finish();
        written.close();
        assertThat(finished).hasSize(1);
        new ValueSegments(watched(), directory, STORE, () -> ID, 64 << 20, segments).open(finished);
        reads.clear(); // Of its header and footer.
    }

    /** The disk, with every file watched that is opened. */
    private FileSystem watched() {
        return (FileSystem) Proxy.newProxyInstance(
                FileSystem.class.getClassLoader(), new Class<?>[] {FileSystem.class}, (proxy, method, args) -> {
                    try {
                        Object result = method.invoke(DiskFileSystem.instance(), args);
                        return result instanceof StoreFile file ? watched(file) : result;
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private StoreFile watched(StoreFile file) {
        return (StoreFile) Proxy.newProxyInstance(
                StoreFile.class.getClassLoader(), new Class<?>[] {StoreFile.class}, (proxy, method, args) -> {
                    String call = method.getName();
                    if ((call.equals("readMapped") && !mapped) || (call.equals("readResident") && !resident)) {
                        return false;
                    }
                    if (call.equals("readResident")) {
                        return resident((ByteBuffer) args[0], file, (long) args[1]);
                    }
                    if (call.equals("read")) {
                        begin((long) args[1], ((ByteBuffer) args[0]).remaining());
                    }
                    try {
                        return method.invoke(file, args);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private boolean resident(ByteBuffer target, StoreFile file, long position) throws IOException {
        residentReads.put(position, target.remaining());
        file.read(target, position);
        return true;
    }

    private void begin(long position, int length) throws IOException {
        synchronized (reads) {
            reads.put(position, length);
        }
        if (position == failing) {
            throw new IOException("the disk does not answer");
        }
        if (meet) {
            try {
                meeting.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new IOException("nobody else reads", e);
            }
        }
    }

    private long position(int item) {
        return LogPosition.offset(items.get(item).entry().position());
    }

    private void assertFetched(int item) {
        assertThat(items.get(item).failure()).as("item %d", item).isNull();
        assertThat(items.get(item).value()).as("item %d", item).isEqualTo(values.get(item));
    }

    @Test
    void neighboursAreReadTogetherInWhateverOrderTheyAreAskedFor() throws Exception {
        write(40, 1000, true);
        List<RangeItem> asked = new ArrayList<>(items);
        Collections.shuffle(asked, new Random(1));
        assertThat(fetcher.fetch(asked)).isFalse();
        for (int i = 0; i < 40; i++) {
            assertFetched(i);
        }
        assertThat(reads.keySet()).containsExactly(position(0));
    }

    @Test
    void aRunOfNeighboursIsReadInPiecesOfBoundedLength() throws Exception {
        write(1000, 1000, false);
        fetcher.fetch(new ArrayList<>(items));
        for (int i = 0; i < 1000; i++) {
            assertFetched(i);
        }
        assertThat(reads).hasSize(4);
        assertThat(reads.values()).allMatch(length -> length <= 256 << 10);
    }

    @Test
    void whatLiesFarApartIsReadApartAndAtTheSameTime() throws Exception {
        write(60, 1000, false);
        meet = true;
        fetcher.fetch(new ArrayList<>(List.of(items.get(50), items.get(0))));
        assertFetched(0);
        assertFetched(50);
        assertThat(reads.keySet()).containsExactly(position(0), position(50));
    }

    @Test
    void aSmallGapIsReadRatherThanPassed() throws Exception {
        write(60, 1000, false);
        fetcher.fetch(new ArrayList<>(List.of(items.get(0), items.get(12), items.get(40))));
        assertThat(reads.keySet()).containsExactly(position(0), position(40));
    }

    @Test
    void aDamagedValueFailsAlone() throws Exception {
        write(5, 1000, false);
        Path path = directory.resolve(new FileName(FileKind.VALUES, ID).toString());
        try (StoreFile file = DiskFileSystem.instance().open(path)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), position(2) + 500);
        }
        fetcher.fetch(new ArrayList<>(items));
        assertThat(items.get(2).failure()).isInstanceOf(CorruptionException.class);
        assertThat(items.get(2).isFetched()).isFalse();
        for (int i : new int[] {0, 1, 3, 4}) {
            assertFetched(i);
        }
    }

    @Test
    void aReadThatFailsFailsWhatItWasToReadAndNothingElse() throws Exception {
        write(60, 1000, false);
        failing = position(50);
        fetcher.fetch(new ArrayList<>(List.of(items.get(0), items.get(50), items.get(51))));
        assertFetched(0);
        assertThat(items.get(50).failure()).hasMessage("the disk does not answer");
        assertThat(items.get(51).failure()).hasMessage("the disk does not answer");
    }

    @Test
    void whatIsMappedIsReadWithoutASystemCall() throws Exception {
        mapped = true;
        write(60, 1000, true);
        assertThat(fetcher.fetch(new ArrayList<>(items))).isTrue();
        for (int i = 0; i < 60; i++) {
            assertFetched(i);
        }
        assertThat(reads).isEmpty();
    }

    @Test
    void whatIsInMemoryIsReadByOneCallForNeighbours() throws Exception {
        resident = true;
        write(60, 1000, true);
        fetcher.fetch(new ArrayList<>(List.of(items.get(0), items.get(1), items.get(50))));
        assertFetched(0);
        assertFetched(1);
        assertFetched(50);
        assertThat(residentReads.keySet()).containsExactly(position(0), position(50));
        assertThat(reads).isEmpty();
    }
}
