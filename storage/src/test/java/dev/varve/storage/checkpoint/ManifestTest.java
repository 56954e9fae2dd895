package dev.varve.storage.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final FileName FIRST = new FileName(FileKind.MANIFEST, FileName.id(Edits.ORIGIN, 1));

    @TempDir
    Path directory;

    private final FileSystem files = DiskFileSystem.instance();

    private static ManifestEdit created(long id) {
        return new ManifestEdit.SegmentCreated(id);
    }

    private Manifest create() throws IOException {
        return Manifest.create(files, directory, STORE, Edits.IDENTITY);
    }

    private FileName current() throws IOException {
        return Manifest.find(files.list(directory)).orElseThrow();
    }

    private Manifest open() throws IOException {
        return Manifest.open(files, directory, current());
    }

    private Path segment(long id) {
        return path(new FileName(FileKind.LOG, id));
    }

    private Path path(FileName name) {
        return directory.resolve(name.toString());
    }

    /** A manifest with three records, and the files it names: the founding, segments 10 and 11, segment 12. Gives the offset of each, and the end. */
    private int[] threeRecords() throws IOException {
        int[] offsets = new int[4];
        offsets[0] = FileHeader.BYTES;
        try (Manifest manifest = create()) {
            offsets[1] = (int) Files.size(path(FIRST));
            manifest.append(List.of(created(10), created(11)));
            offsets[2] = (int) Files.size(path(FIRST));
            manifest.append(List.of(created(12)));
            offsets[3] = (int) Files.size(path(FIRST));
        }
        for (int id = 10; id <= 12; id++) {
            Files.createFile(segment(id));
        }
        return offsets;
    }

    @Test
    void aFoundedManifestIsFound() throws IOException {
        try (Manifest manifest = create()) {
            assertThat(manifest.name()).isEqualTo(FIRST);
            assertThat(files.list(directory)).containsExactly(FIRST.toString());
            assertThat(manifest.state().identity()).isEqualTo(Edits.IDENTITY);
        }
        try (Manifest manifest = open()) {
            assertThat(manifest.state().storeId()).isEqualTo(STORE);
            assertThat(manifest.state().identity()).isEqualTo(Edits.IDENTITY);
            assertThat(manifest.state().segments()).isEmpty();
        }
    }

    @Test
    void whatWasAppendedIsThereWhenItIsOpenedAgain() throws IOException {
        threeRecords();
        try (Manifest manifest = open()) {
            assertThat(manifest.name()).isEqualTo(FIRST);
            assertThat(manifest.state().segments()).containsExactly(10L, 11L, 12L);
            manifest.append(List.of(new ManifestEdit.SegmentRemoved(10), created(13)));
            assertThat(manifest.state().segments()).containsExactly(11L, 12L, 13L);
        }
        try (Manifest manifest = open()) {
            assertThat(manifest.state().segments()).containsExactly(11L, 12L, 13L);
        }
    }

    @Test
    void theOneWithTheHighestCountIsCurrent() {
        assertThat(Manifest.find(List.of())).isEmpty();
        assertThat(Manifest.find(List.of("LOCK", "0000000100000009.log", "0000000100000009.manifest.tmp")))
                .isEmpty();
        assertThat(Manifest.find(
                        List.of("0000000200000003.manifest", "00000001ffffffff.manifest", "0000000100000004.manifest")))
                .contains(new FileName(FileKind.MANIFEST, 0x1_ffff_ffffL));
    }

    @Test
    void aTornTailIsCutAndTheRestGoesOnInANewManifest() throws IOException {
        int[] offsets = threeRecords();
        byte[] valid = Files.readAllBytes(path(FIRST));
        for (int size = offsets[2] + 1; size < offsets[3]; size++) {
            Files.write(path(FIRST), Arrays.copyOf(valid, size));
            FileName anew;
            try (Manifest manifest = open()) {
                anew = manifest.name();
                assertThat(FileName.count(anew.id())).isGreaterThan(1);
                assertThat(manifest.state().segments()).containsExactly(10L, 11L);
                assertThat(files.list(directory))
                        .filteredOn(name -> name.contains(".manifest"))
                        .containsExactly(anew.toString());
                manifest.append(List.of(created(13)));
            }
            try (Manifest manifest = open()) {
                assertThat(manifest.name()).isEqualTo(anew);
                assertThat(manifest.state().segments()).containsExactly(10L, 11L, 13L);
            }
            Files.delete(path(anew));
        }
    }

    @Test
    void aTailThatWasCutAtTheEndOfARecordIsNotMissed() throws IOException {
        int[] offsets = threeRecords();
        Files.write(path(FIRST), Arrays.copyOf(Files.readAllBytes(path(FIRST)), offsets[2]));
        try (Manifest manifest = open()) {
            assertThat(manifest.name()).isEqualTo(FIRST);
            assertThat(manifest.state().segments()).containsExactly(10L, 11L);
        }
    }

    @Test
    void everyDamagedByteBeforeTheLastRecordIsNoticedAndNothingIsChanged() throws IOException {
        int[] offsets = threeRecords();
        byte[] valid = Files.readAllBytes(path(FIRST));
        for (int at = 0; at < offsets[2]; at++) {
            byte[] damaged = valid.clone();
            damaged[at] ^= (byte) (at % 2 == 0 ? 0x14 : 0x15);
            Files.write(path(FIRST), damaged);
            assertThatThrownBy(this::open)
                    .as("byte %d", at)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(FIRST.toString());
            assertThat(Files.readAllBytes(path(FIRST))).isEqualTo(damaged);
        }
    }

    @Test
    void everyFlippedBitOfARecordIsPutRight() throws IOException {
        int[] offsets = threeRecords();
        byte[] valid = Files.readAllBytes(path(FIRST));
        for (int record = 0; record < 3; record++) {
            for (int bit = 8 * offsets[record]; bit < 8 * offsets[record + 1]; bit++) {
                byte[] damaged = valid.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(path(FIRST), damaged);
                try (StoreFile file = files.openForRead(path(FIRST))) {
                    Manifest.Scan scan = Manifest.scan(file, FIRST);
                    assertThat(scan.state().segments()).as("bit %d", bit).containsExactly(10L, 11L, 12L);
                    assertThat(scan.flipped()).isEqualTo(offsets[record]);
                    assertThat(scan.torn()).isFalse();
                }
            }
            try (Manifest manifest = open()) {
                assertThat(manifest.name()).isNotEqualTo(FIRST);
                assertThat(manifest.state().segments()).containsExactly(10L, 11L, 12L);
            }
            try (Manifest manifest = open();
                    StoreFile file = files.openForRead(path(manifest.name()))) {
                assertThat(Manifest.scan(file, manifest.name()).flipped()).isNegative();
                Files.delete(path(manifest.name()));
            }
        }
    }

    @Test
    void aStoreThatWasClosedIsStillClosedWhenABitWasPutRight() throws IOException {
        threeRecords();
        ManifestEdit.Closed closed = new ManifestEdit.Closed(12, 4711);
        try (Manifest manifest = open()) {
            manifest.append(List.of(closed));
        }
        byte[] bytes = Files.readAllBytes(path(FIRST));
        bytes[bytes.length - 1] ^= 1;
        Files.write(path(FIRST), bytes);
        for (int i = 0; i < 2; i++) {
            try (Manifest manifest = open()) {
                assertThat(manifest.name()).isNotEqualTo(FIRST);
                assertThat(manifest.state().closed()).isEqualTo(closed);
            }
        }
    }

    @Test
    void aFlippedBitOfALongRecordIsDamage() throws IOException {
        threeRecords();
        TableInfo large =
                new TableInfo(77, 0, 0, 0, new byte[40_000], new byte[40_000], 0, 0, Collections.emptySortedMap());
        int at = (int) Files.size(path(FIRST)) + 100;
        try (Manifest manifest = open()) {
            manifest.append(List.of(new ManifestEdit.TableAdded(large)));
            manifest.append(List.of(created(13)));
        }
        byte[] bytes = Files.readAllBytes(path(FIRST));
        bytes[at] ^= 1;
        Files.write(path(FIRST), bytes);
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("an edit is damaged");
    }

    @Test
    void aDamagedLastRecordCountsAsTorn() throws IOException {
        int[] offsets = threeRecords();
        byte[] bytes = Files.readAllBytes(path(FIRST));
        bytes[offsets[3] - 1] ^= 3;
        Files.write(path(FIRST), bytes);
        try (Manifest manifest = open()) {
            assertThat(manifest.state().segments()).containsExactly(10L, 11L);
        }
    }

    @Test
    void aDamagedLastRecordHadCountedIfAFileIsGone() throws IOException {
        int[] offsets = threeRecords();
        byte[] bytes = Files.readAllBytes(path(FIRST));
        bytes[offsets[3] - 1] ^= 3;
        Files.write(path(FIRST), bytes);
        Files.delete(segment(11));
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(FIRST + " is damaged at offset " + offsets[2])
                .hasMessageContaining(segment(11).getFileName().toString());
        assertThat(Files.readAllBytes(path(FIRST))).isEqualTo(bytes);
    }

    @Test
    void aRecordThatStandsElsewhereDoesNotCount() throws IOException {
        int[] offsets = threeRecords();
        byte[] valid = Files.readAllBytes(path(FIRST));
        byte[] twice = Arrays.copyOf(valid, 2 * offsets[3] - offsets[2]);
        System.arraycopy(valid, offsets[2], twice, offsets[3], offsets[3] - offsets[2]);
        Files.write(path(FIRST), twice);
        try (StoreFile file = files.openForRead(path(FIRST))) {
            Manifest.Scan scan = Manifest.scan(file, FIRST);
            assertThat(scan.number()).isEqualTo(3);
            assertThat(scan.end()).isEqualTo(offsets[3]);
            assertThat(scan.torn()).isTrue();
        }
    }

    @Test
    void aFileOfAnotherNameOrWithoutARecordIsRefused() throws IOException {
        threeRecords();
        byte[] valid = Files.readAllBytes(path(FIRST));
        FileName other = new FileName(FileKind.MANIFEST, FIRST.id() + 1);
        Files.write(path(other), valid);
        assertThatThrownBy(this::open).hasMessageContaining("the header is that of another file");
        Files.delete(path(other));
        Files.write(path(FIRST), Arrays.copyOf(valid, FileHeader.BYTES));
        assertThatThrownBy(this::open).hasMessageContaining("it does not begin with a valid edit");
        Files.write(path(FIRST), new byte[0]);
        assertThatThrownBy(this::open).isInstanceOf(CorruptionException.class);
    }

    @Test
    void idsCarryTheOriginAndAreNeverDrawnTwice() throws IOException {
        List<Long> drawn = new ArrayList<>();
        try (Manifest manifest = create()) {
            drawn.add(manifest.name().id());
            for (int i = 0; i < 3; i++) {
                long id = manifest.nextFileId();
                drawn.add(id);
                manifest.append(List.of(created(id)));
                manifest.append(List.of(new ManifestEdit.SegmentRemoved(id)));
            }
        }
        for (int process = 0; process < 3; process++) {
            try (Manifest manifest = open()) {
                long id = manifest.nextFileId();
                drawn.add(id);
                manifest.append(
                        List.of(new ManifestEdit.TableAdded(Edits.table(id)), new ManifestEdit.TableRemoved(id)));
            }
        }
        assertThat(drawn).doesNotHaveDuplicates().allMatch(id -> FileName.origin(id) == Edits.ORIGIN);
    }

    @Test
    void theIdOfAFileThatIsThereIsNotDrawnEvenForTheManifestThatReplacesATornOne() throws IOException {
        threeRecords();
        long there = FileName.id(Edits.ORIGIN, 20);
        long foreign = FileName.id(Edits.ORIGIN + 1, 90);
        Files.createFile(path(new FileName(FileKind.LOG, there)));
        Files.createFile(path(new FileName(FileKind.TABLE, foreign)));
        try (Manifest manifest = open()) {
            assertThat(manifest.nextFileId()).isEqualTo(there + 1);
        }
        Files.write(path(FIRST), Arrays.copyOf(Files.readAllBytes(path(FIRST)), (int) Files.size(path(FIRST)) - 1));
        try (Manifest manifest = open()) {
            assertThat(manifest.name().id()).isEqualTo(there + 1);
            assertThat(manifest.nextFileId()).isEqualTo(there + 2);
        }
    }

    @Test
    void aManifestThatHasGrownIsWrittenAnew() throws IOException {
        TableInfo large =
                new TableInfo(77, 0, 0, 0, new byte[500_000], new byte[500_000], 0, 0, Collections.emptySortedMap());
        long drawn;
        try (Manifest manifest = create()) {
            manifest.append(List.of(created(10)));
            while (manifest.name().equals(FIRST)) {
                assertThat(Files.size(path(FIRST))).isLessThanOrEqualTo(4 << 20);
                manifest.append(List.of(new ManifestEdit.TableAdded(large), new ManifestEdit.TableRemoved(77)));
            }
            assertThat(files.list(directory)).containsExactly(manifest.name().toString());
            assertThat(Files.size(path(manifest.name()))).isLessThan(1000);
            manifest.append(List.of(created(11)));
            drawn = manifest.nextFileId();
        }
        try (Manifest manifest = open()) {
            assertThat(manifest.state().segments()).containsExactly(10L, 11L);
            assertThat(manifest.state().tables()).isEmpty();
            assertThat(manifest.nextFileId()).isGreaterThanOrEqualTo(drawn);
        }
    }

    @Test
    void aClosedOneTakesNoEdits() throws IOException {
        Manifest manifest = create();
        manifest.close();
        assertThatThrownBy(() -> manifest.append(List.of(created(10)))).hasMessage("the manifest is closed");
        assertThat(manifest.failure()).isNull();
    }
}
