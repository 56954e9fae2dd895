package dev.varve.storage.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.log.SegmentSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class VersionSetTest {

    private static final int MEMTABLE_BYTES = 64 << 10;
    private static final Applied THROUGH = new Applied(1, 1, 1, 0, 0, new byte[0], 0);

    private final VersionSet versions = new VersionSet(MEMTABLE_BYTES, Levels.of(List.of(table(1)), Map.of()));
    private final List<String> disposed = new ArrayList<>();

    private static TableReader table(long id) {
        return table(id, "", "");
    }

    private static TableReader table(long id, String smallest, String largest) {
        TableInfo info = new TableInfo(
                id, 0, 0, 0, smallest.getBytes(UTF_8), largest.getBytes(UTF_8), 0, 0, Collections.emptySortedMap());
        return new TableReader(
                DiskFileSystem.instance(),
                Path.of("none"),
                new StoreId(1, 2),
                info,
                new SegmentSet(),
                new BlockCache(1 << 20, 1 << 20));
    }

    private Version.Frozen freeze() {
        versions.freeze(THROUGH, 0);
        return versions.current().frozen().getFirst();
    }

    private void flush(Version.Frozen frozen, String name) {
        versions.flushed(frozen, table(9), () -> disposed.add(name));
    }

    @Test
    void freezingBeginsANewMemtable() {
        Memtable first = versions.current().active();
        Version.Frozen frozen = freeze();
        assertThat(frozen.memtable()).isSameAs(first);
        assertThat(frozen.through()).isSameAs(THROUGH);
        assertThat(versions.current().active()).isNotSameAs(first);
        Version.Frozen second = freeze();
        assertThat(versions.current().frozen()).containsExactly(second, frozen);
    }

    /** As the tables have it when a store is opened, then as the memtable before had it. */
    @Test
    void aMemtableExpectsWhatKeysBeganWithBefore() {
        Levels tables = Levels.of(List.of(table(1, "key-100", "key-148"), table(2, "key-149", "key-299")), Map.of());
        VersionSet opened = new VersionSet(MEMTABLE_BYTES, tables);
        assertThat(opened.current().active().usualPrefix()).isEqualTo("key-".getBytes(UTF_8));
        for (int i = 0; i < 100; i++) {
            byte[] key = "name-%02d".formatted(i).getBytes(UTF_8);
            opened.current().active().add(key, key.length, EntryKind.TOMBSTONE, 1, 0, 0, 0, null, 0);
        }
        opened.freeze(THROUGH, 0);
        assertThat(opened.current().active().usualPrefix()).isEqualTo("name-".getBytes(UTF_8));
        opened.freeze(THROUGH, 0);
        assertThat(opened.current().active().usualPrefix()).isEqualTo("name-".getBytes(UTF_8));
    }

    @Test
    void aFlushPutsItsTableFirstAndTakesItsMemtableAway() {
        Version.Frozen older = freeze();
        Version.Frozen newer = freeze();
        TableReader old = versions.current().tables().all().getFirst();
        flush(older, "older");
        assertThat(versions.current().frozen()).containsExactly(newer);
        assertThat(versions.current().tables().all()).hasSize(2).last().isSameAs(old);
        versions.flushed(newer, null, () -> {});
        assertThat(versions.current().frozen()).isEmpty();
        assertThat(versions.current().tables().all()).hasSize(2);
    }

    @Test
    void tablesAreReplacedAndWhatTheyWereDisposedOfBehindTheirReaders() {
        TableReader old = versions.current().tables().all().getFirst();
        TableReader merged = table(2);
        Version reader = versions.acquire();
        versions.replaced(tables -> tables.with(Set.of(old), List.of(merged), 1), () -> disposed.add("old"));
        assertThat(versions.current().tables().all()).containsExactly(merged);
        assertThat(versions.current().tables().young()).isZero();
        assertThat(disposed).isEmpty();
        versions.release(reader);
        assertThat(disposed).containsExactly("old");
    }

    @Test
    void whatAChangeDropsIsDisposedOfAtOnceIfNobodyReads() {
        flush(freeze(), "a");
        assertThat(disposed).containsExactly("a");
    }

    @Test
    void whatAChangeDropsIsKeptForItsReaders() {
        Version.Frozen frozen = freeze();
        Version reader = versions.acquire();
        Version other = versions.acquire();
        flush(frozen, "a");
        assertThat(reader.frozen()).contains(frozen);
        versions.release(reader);
        assertThat(disposed).isEmpty();
        versions.release(other);
        assertThat(disposed).containsExactly("a");
    }

    @Test
    void anEarlierReaderKeepsWhatLaterChangesDrop() {
        Version early = versions.acquire();
        flush(freeze(), "a");
        Version late = versions.acquire();
        flush(freeze(), "b");
        versions.release(late);
        assertThat(disposed).isEmpty();
        versions.release(early);
        assertThat(disposed).containsExactly("a", "b");
    }

    @Test
    void memoryIsUsedAgainWhenNobodyReadsItAnyMore() {
        Memtable first = versions.current().active();
        Version.Frozen frozen = freeze();
        Version reader = versions.acquire();
        flush(frozen, "a");
        freeze();
        assertThat(versions.current().active().memory()).isNotSameAs(first.memory());
        versions.release(reader);
        freeze();
        assertThat(versions.current().active().memory()).isSameAs(first.memory());
    }

    @Test
    void aPinKeepsWhatIsDroppedBehindIt() {
        flush(freeze(), "before");
        try (VersionSet.Pin pin = versions.pin()) {
            assertThat(pin.tables()).isSameAs(versions.current().tables());
            assertThat(disposed).containsExactly("before");
            flush(freeze(), "a");
            VersionSet.Pin later = versions.pin();
            flush(freeze(), "b");
            later.close();
            assertThat(disposed).containsExactly("before");
        }
        assertThat(disposed).containsExactly("before", "a", "b");
    }

    @Test
    void aPinKeepsWhatTheVeryNextChangeDrops() {
        try (VersionSet.Pin _ = versions.pin()) {
            versions.replaced(tables -> tables, () -> disposed.add("a"));
            assertThat(disposed).isEmpty();
        }
        assertThat(disposed).containsExactly("a");
    }

    @Test
    void whatIsDroppedBeforeALaterPinIsDisposedOf() {
        VersionSet.Pin early = versions.pin();
        flush(freeze(), "a");
        try (VersionSet.Pin _ = versions.pin()) {
            early.close();
            assertThat(disposed).containsExactly("a");
        }
    }

    @Test
    void aReaderKeepsTheFilesBehindAPinThatIsClosed() {
        Version reader = versions.acquire();
        try (VersionSet.Pin _ = versions.pin()) {
            flush(freeze(), "a");
        }
        assertThat(disposed).isEmpty();
        versions.release(reader);
        assertThat(disposed).containsExactly("a");
    }

    @Test
    void aPinKeepsNoMemtable() {
        Memtable first = versions.current().active();
        try (VersionSet.Pin _ = versions.pin()) {
            flush(freeze(), "a");
            freeze();
            assertThat(versions.current().active().memory()).isSameAs(first.memory());
            assertThat(disposed).isEmpty();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryThatIsNotKeptForLaterGoesBackToTheSystem() {
        List<Memtable> memtables = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Memtable memtable = freeze().memtable();
            memtable.add(new byte[] {1}, 1, EntryKind.TOMBSTONE, 7, 0, 0, 0, null, 0);
            memtables.add(memtable);
        }
        for (Version.Frozen frozen : versions.current().frozen().reversed()) {
            flush(frozen, "flushed");
        }
        assertThat(memtables.stream().map(memtable -> memtable.get(new byte[] {1}, 7) != null))
                .containsExactly(true, true, false);
    }

    @Test
    void aLargeEntryGetsAMemtableOfItsSizeThatIsNotKept() {
        versions.freeze(THROUGH, 3 * MEMTABLE_BYTES);
        Memtable large = versions.current().active();
        assertThat(large.memory().byteSize()).isEqualTo(3 * MEMTABLE_BYTES);
        versions.freeze(THROUGH, MEMTABLE_BYTES / 2);
        List<Version.Frozen> frozen = versions.current().frozen();
        assertThat(versions.current().active().memory().byteSize()).isEqualTo(MEMTABLE_BYTES);
        flush(frozen.getLast(), "small");
        flush(frozen.getFirst(), "large");
        for (int i = 0; i < 3; i++) {
            freeze();
            assertThat(versions.current().active().memory()).isNotSameAs(large.memory());
        }
    }

    @Test
    void aVersionWithoutUsersIsNotAcquired() {
        Version version = versions.current();
        assertThat(version.tryAcquire()).isTrue();
        assertThat(version.release()).isFalse();
        freeze();
        assertThat(version.unused()).isTrue();
        assertThat(version.tryAcquire()).isFalse();
        Version current = versions.acquire();
        assertThat(current).isSameAs(versions.current());
        versions.release(current);
    }
}
