package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.index.RangeTombstoneBlock;
import dev.varve.storage.index.RangeTombstones;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Arbitrary and damaged bytes in front of the readers of formats: they give what was written, or a named error. */
class FormatFuzzTest {

    private static final long SEGMENT = 0x1234_5678_0000_0001L;
    private static final int BASE = 4_096;
    private static final int TRIES = Integer.getInteger("varve.tries", 200_000);

    private final RandomGenerator random = Seeds.random(Long.getLong("varve.seed", 1));
    private final Mutator mutator = new Mutator(random);

    private byte[] noise(int most) {
        byte[] bytes = new byte[random.nextInt(most + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void aDamagedFileHeaderIsRefused() {
        FileName name = new FileName(FileKind.TABLE, 0x1234_0000_0007L);
        StoreId id = new StoreId(1, 2);
        byte[] valid = new FileHeader(FileKind.TABLE, id, name.id()).encode().array();
        for (int i = 0; i < TRIES; i++) {
            byte[] bytes = i % 2 == 0 ? mutator.mutate(valid) : noise(2 * FileHeader.BYTES);
            try {
                FileHeader read = FileHeader.decode(ByteBuffer.wrap(bytes), name);
                assertThat(read.storeId()).isEqualTo(id);
                assertThat(Arrays.copyOf(bytes, FileHeader.BYTES)).isEqualTo(valid);
            } catch (CorruptionException | UnsupportedVersionException e) {
                assertThat(e).hasMessageContaining(name.toString());
            }
        }
    }

    @Test
    void aHeaderOfAnotherFileOrStoreIsRefused() throws Exception {
        FileName name = new FileName(FileKind.LOG, 7);
        StoreId id = new StoreId(1, 2);
        FileHeader.check(new FileHeader(FileKind.LOG, id, 7).encode(), name, id);
        for (FileHeader other : List.of(
                new FileHeader(FileKind.LOG, id, 8),
                new FileHeader(FileKind.TABLE, id, 7),
                new FileHeader(FileKind.LOG, new StoreId(1, 3), 7))) {
            assertThatThrownBy(() -> FileHeader.check(other.encode(), name, id))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(name.toString());
        }
    }

    @Test
    void damagedFramesAreNeverTakenForOthers() throws Exception {
        for (int i = 0; i < TRIES / 20; i++) {
            FrameEncoder encoder = new FrameEncoder(16);
            for (int j = random.nextInt(6); j >= 0; j--) {
                byte[] kinds = {FrameKind.PUT, FrameKind.DELETE, FrameKind.RANGE_DELETE};
                byte kind = kinds[random.nextInt(kinds.length)];
                encoder.add(kind, j % 2 == 0, random.nextInt(3), noise(40), noise(200));
            }
            ByteBuffer payload = encoder.payload();
            for (int j = 0; j < encoder.frames(); j++) {
                int at = encoder.offset(j);
                payload.putInt(at, payload.getInt(at) ^ Checksum.salt(SEGMENT, BASE + at));
            }
            byte[] valid = new byte[payload.limit()];
            payload.get(0, valid);
            List<String> written = frames(valid);
            assertThat(written).hasSize(encoder.frames());
            for (int j = 0; j < 10; j++) {
                List<String> read = frames(mutator.mutate(valid));
                assertThat(read).isEqualTo(written.subList(0, Math.min(read.size(), written.size())));
            }
            assertThat(frames(noise(300))).isEmpty();
        }
    }

    /** The frames up to the first that is damaged. */
    private static List<String> frames(byte[] bytes) {
        List<String> frames = new ArrayList<>();
        FrameCursor cursor = FrameCursor.salted(ByteBuffer.wrap(bytes), SEGMENT, BASE);
        try {
            while (cursor.next()) {
                frames.add(cursor.kind() + " " + cursor.flags() + " " + cursor.keyspace() + " "
                        + Arrays.toString(cursor.key()) + Arrays.toString(cursor.value()));
            }
        } catch (CorruptionException | UnsupportedVersionException e) {
            assertThat(e.getMessage()).contains(new FileName(FileKind.LOG, SEGMENT).toString());
        }
        return frames;
    }

    /** A wild length allocates no more than the compressed bytes can stand for: at most 255 bytes each. */
    @Test
    void aCompressedBlockOfArbitraryBytesIsRefusedOrBounded() {
        FileName name = new FileName(FileKind.TABLE, SEGMENT);
        BlockBuilder builder = new BlockBuilder();
        for (int i = 0; i < 40; i++) {
            builder.add(new byte[] {(byte) i}, 1, ByteBuffer.allocate(50));
        }
        ByteBuffer sealed = builder.finishCompressed(SEGMENT, BASE);
        byte[] valid = new byte[sealed.remaining() - BlockBuilder.TRAILER_BYTES];
        sealed.get(valid);
        int opened = 0;
        for (int i = 0; i < TRIES / 4; i++) {
            byte[] stored = i % 4 == 0 ? noise(100) : mutator.mutate(valid);
            ByteBuffer block = ByteBuffer.allocate(stored.length + BlockBuilder.TRAILER_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(stored)
                    .put((byte) 1);
            block.putInt(Checksum.of(block, 0, block.position()) ^ Checksum.salt(SEGMENT, BASE));
            try {
                ByteBuffer read = BlockBuilder.open(block.flip(), name, BASE);
                assertThat(read.limit()).isLessThanOrEqualTo(255 * stored.length);
                opened++;
            } catch (CorruptionException | UnsupportedVersionException e) {
                assertThat(e).hasMessageContaining(name.toString());
            }
        }
        assertThat(opened).isPositive();
    }

    @Test
    void aBlockOfRangeTombstonesIsReadAsItWasWrittenOrRefused() throws Exception {
        FileName name = new FileName(FileKind.TABLE, 7);
        for (int i = 0; i < TRIES / 20; i++) {
            RangeTombstones ranges = RangeTombstones.NONE;
            for (int j = random.nextInt(6); j >= 0; j--) {
                byte[] a = noise(3);
                byte[] b = Arrays.copyOf(a, a.length + 1 + random.nextInt(2));
                ranges = ranges.with(a, b, 1 + random.nextLong(1L << random.nextInt(1, 63)));
            }
            ByteBuffer sealed = RangeTombstoneBlock.encode(ranges).finish(name.id(), 64);
            byte[] valid = new byte[sealed.remaining()];
            sealed.get(valid);
            assertThat(ranges(valid, name)).isEqualTo(ranges.toString());
            byte[] content = Arrays.copyOf(valid, valid.length - BlockBuilder.TRAILER_BYTES);
            for (int j = 0; j < 10; j++) {
                String read = ranges(mutator.mutate(valid), name);
                assertThat(read == null || read.equals(ranges.toString()))
                        .as("the checksum finds damage")
                        .isTrue();
                decode(mutator.mutate(content), name); // Without a checksum: something well formed or a named error.
                decode(noise(100), name);
            }
        }
    }

    private static @Nullable String ranges(byte[] bytes, FileName name) throws UnsupportedVersionException {
        try {
            return decode(BlockBuilder.open(ByteBuffer.wrap(bytes), name, 64), name);
        } catch (CorruptionException e) {
            assertThat(e).hasMessageContaining(name.toString());
            return null;
        }
    }

    private static @Nullable String decode(byte[] block, FileName name) {
        return decode(ByteBuffer.wrap(block), name);
    }

    private static @Nullable String decode(ByteBuffer block, FileName name) {
        try {
            RangeTombstones read = RangeTombstoneBlock.decode(new BlockCursor(block, name, 64));
            byte[] last = new byte[0];
            for (RangeTombstones.Fragment fragment : read.fragments()) {
                assertThat(Arrays.compareUnsigned(last, fragment.start())).isNotPositive();
                assertThat(Arrays.compareUnsigned(fragment.start(), fragment.end()))
                        .isNegative();
                assertThat(fragment.revisions()).isNotEmpty();
                last = fragment.end();
            }
            return read.toString();
        } catch (CorruptionException e) {
            assertThat(e).hasMessageContaining(name.toString());
            return null;
        }
    }

    @Test
    void aRecordHeaderIsValidOnlyWhereItWasWritten() throws Exception {
        for (int i = 0; i < TRIES; i++) {
            RecordHeader header = header();
            long segment = random.nextLong();
            int offset = random.nextInt(1 << 20);
            ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            header.write(bytes, 0, segment, offset);
            assertThat(RecordHeader.read(bytes, 0, segment, offset)).isEqualTo(header);
            assertThat(RecordHeader.read(bytes, 0, segment + 1, offset)).isNull();
            assertThat(RecordHeader.read(bytes, 0, segment, offset + 1 + random.nextInt(5_000)))
                    .isNull();
        }
    }

    @Test
    void aDamagedRecordHeaderIsNoHeader() throws Exception {
        RecordHeader header = header();
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.write(bytes, 0, 7, 64);
        byte[] valid = bytes.array().clone();
        for (int i = 0; i < TRIES; i++) {
            byte[] damaged = i % 2 == 0 ? mutator.mutate(valid) : noise(200);
            ByteBuffer source =
                    ByteBuffer.wrap(Arrays.copyOf(damaged, RecordHeader.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            RecordHeader read = RecordHeader.read(source, 0, 7, 64);
            assertThat(read == null || Arrays.equals(source.array(), valid)).isTrue();
        }
    }

    private RecordHeader header() {
        RecordType[] types = RecordType.values();
        return new RecordHeader(
                RecordHeader.BYTES + random.nextInt(1 << 20),
                random.nextInt(3),
                types[random.nextInt(types.length)],
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextInt(1 << 30),
                random.nextInt(1_000));
    }

    @Test
    void namesOfFilesAreParsedExactly() {
        List<FileKind> kinds = List.of(FileKind.values());
        for (int i = 0; i < TRIES; i++) {
            FileName name = new FileName(kinds.get(i % kinds.size()), random.nextLong());
            assertThat(FileName.parse(name.toString())).contains(name);
            byte[] bytes = mutator.mutate(name.toString().getBytes(ISO_8859_1));
            String mutated = new String(bytes, ISO_8859_1);
            FileName.parse(mutated)
                    .ifPresent(parsed -> assertThat(parsed.toString()).isEqualTo(mutated));
        }
    }
}
