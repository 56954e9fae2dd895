package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulatedDiskTest {

    private static final Path DIRECTORY = Path.of("/store");
    private static final Path F = DIRECTORY.resolve("f");
    private static final Path G = DIRECTORY.resolve("g");

    private final SimulatedFileSystem files = new SimulatedFileSystem();

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    private static ByteBuffer bytes(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private StoreFile durable(Path path, int value, int length) throws IOException {
        StoreFile file = files.create(path);
        file.write(bytes(value, length), 0);
        file.sync();
        files.syncDirectory(DIRECTORY);
        return file;
    }

    private SimulatedDisk cut(CrashMode mode, long seed) {
        return files.disk().afterPowerCut(Seeds.random(seed), mode);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSyncedSurvivesEveryPowerCut(CrashMode mode) throws IOException {
        durable(F, 1, 3_000).close();
        for (long seed = 0; seed < 20; seed++) {
            assertThat(cut(mode, seed).bytes(F)).isEqualTo(bytes(1, 3_000).array());
        }
        assertThat(files.disk().isClean()).isTrue();
    }

    @Test
    void unsyncedBytesAreForgotten() throws IOException {
        StoreFile file = durable(F, 1, 600);
        file.write(bytes(2, 2_000), 100);
        assertThat(files.disk().isClean()).isFalse();
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F))
                .isEqualTo(bytes(1, 600).array());
        assertThat(files.disk().bytes(F)).hasSize(2_100);
    }

    @Test
    void aKilledProcessLosesNothingThatWasWritten() throws IOException {
        durable(F, 1, 600).write(bytes(2, 2_000), 100);
        files.create(G).write(bytes(3, 10), 0);
        byte[] before = files.disk().bytes(F);

        SimulatedFileSystem next = files.killed();

        assertThat(next.disk().bytes(F)).isEqualTo(before);
        assertThat(next.disk().bytes(G)).isEqualTo(bytes(3, 10).array());
        assertThat(next.disk().isClean()).as("a power cut may still take it").isFalse();
        assertThatThrownBy(() -> files.exists(F)).isInstanceOf(SimulatedCrash.class);
    }

    @Test
    void anySubsetOfTheUnsyncedSectorsMaySurvive() throws IOException {
        durable(F, 1, 3 * 512).write(bytes(2, 3 * 512), 0);
        Set<String> outcomes = new HashSet<>();
        for (long seed = 0; seed < 200; seed++) {
            byte[] after = cut(CrashMode.HALF_LOST, seed).bytes(F);
            assertThat(after).hasSize(3 * 512);
            for (int sector = 0; sector < 3; sector++) {
                byte[] part = Arrays.copyOfRange(after, sector * 512, (sector + 1) * 512);
                assertThat(part).isEqualTo(bytes(part[0], 512).array());
            }
            outcomes.add("" + after[0] + after[512] + after[1024]);
        }
        assertThat(outcomes).containsExactlyInAnyOrder("111", "112", "121", "122", "211", "212", "221", "222");
    }

    @Test
    void aSectorMaySurviveInAnyStateThatItHad() throws IOException {
        StoreFile file = durable(F, 1, 512);
        file.write(bytes(2, 512), 0);
        file.write(bytes(3, 512), 0);
        Set<Byte> outcomes = new HashSet<>();
        for (long seed = 0; seed < 200; seed++) {
            outcomes.add(cut(CrashMode.HALF_LOST, seed).bytes(F)[0]);
        }
        assertThat(outcomes).containsExactlyInAnyOrder((byte) 1, (byte) 2, (byte) 3);
    }

    @Test
    void aFileMayKeepItsNewSizeAndNoneOfItsBytes() throws IOException {
        durable(F, 1, 100).write(bytes(2, 2_000), 100);
        byte[] expected = Arrays.copyOf(bytes(1, 100).array(), 2_100);
        assertThat(cut(CrashMode.NAMES_WITHOUT_BYTES, 1).bytes(F)).isEqualTo(expected);
    }

    @Test
    void aTruncationSurvivesOrNot() throws IOException {
        durable(F, 1, 2_000).truncate(700);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F))
                .isEqualTo(bytes(1, 2_000).array());
        Set<Integer> sizes = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            byte[] after = cut(CrashMode.HALF_LOST, seed).bytes(F);
            assertThat(after).isEqualTo(bytes(1, after.length).array());
            sizes.add(after.length);
        }
        assertThat(sizes).containsExactlyInAnyOrder(700, 2_000);
    }

    @Test
    void whatIsWrittenAfterATruncationNeverStandsBesideWhatWasCut() throws IOException {
        StoreFile file = durable(F, 1, 4 * 512);
        file.truncate(512);
        file.write(bytes(2, 3 * 512), 512);
        for (long seed = 0; seed < 300; seed++) {
            byte[] after = cut(CrashMode.HALF_LOST, seed).bytes(F);
            Set<Byte> tail = new HashSet<>();
            for (int i = 512; i < after.length; i++) {
                tail.add(after[i]);
            }
            assertThat(tail.contains((byte) 1) && tail.contains((byte) 2)).isFalse();
        }
    }

    @Test
    void aNameIsLostUnlessItsDirectoryIsSynced() throws IOException {
        StoreFile file = files.create(F);
        file.write(bytes(1, 10), 0);
        file.sync();
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).isEmpty();
        assertThat(cut(CrashMode.BYTES_WITHOUT_NAMES, 1).paths()).isEmpty();
        assertThat(cut(CrashMode.NAMES_WITHOUT_BYTES, 1).bytes(F))
                .isEqualTo(bytes(1, 10).array());
        files.syncDirectory(DIRECTORY);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(F);
    }

    @Test
    void aRenamedFileMayBeFoundWithoutItsBytes() throws IOException {
        durable(F, 1, 10).close();
        files.create(G).write(bytes(2, 10), 0);
        files.rename(G, F);
        files.syncDirectory(DIRECTORY);
        assertThat(cut(CrashMode.NAMES_WITHOUT_BYTES, 1).bytes(F)).isEqualTo(new byte[10]);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F)).isEmpty();
    }

    @Test
    void aRenameAndADeletionAreLostOrKept() throws IOException {
        durable(F, 1, 10).close();
        durable(G, 2, 10).close();
        files.rename(F, DIRECTORY.resolve("h"));
        files.delete(G);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(F, G);
        Set<String> outcomes = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            outcomes.add(cut(CrashMode.HALF_LOST, seed).paths().toString());
        }
        assertThat(outcomes)
                .containsExactlyInAnyOrder("[/store/f, /store/g]", "[/store/f]", "[/store/g, /store/h]", "[/store/h]");
    }

    @Test
    void aFailedSyncDropsWhatItShouldHaveWritten() throws IOException {
        StoreFile file = durable(F, 1, 1_024);
        file.write(bytes(2, 512), 0);
        files.faults().failOnce(FaultPlan.kinds(EnumSet.of(CallKind.SYNC)), 1, FaultPlan::inputOutputError);
        assertThatThrownBy(file::sync).isInstanceOf(IOException.class).hasMessage("Input/output error");
        file.write(bytes(3, 512), 512);
        file.sync();
        assertThat(files.disk().bytes(F)[0]).as("still in memory").isEqualTo((byte) 2);
        byte[] after = cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F);
        assertThat(after[0]).as("what the failed sync dropped").isEqualTo((byte) 1);
        assertThat(after[512]).as("what the next sync wrote").isEqualTo((byte) 3);
    }

    @Test
    void aBitFlipsOnTheDeviceAndInMemory() throws IOException {
        StoreFile file = durable(F, 0, 1_000);
        file.write(bytes(0, 1), 999);
        files.disk().flipBit(F, 8 * 700 + 3);
        assertThat(files.disk().bytes(F)[700]).isEqualTo((byte) 8);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F)[700]).isEqualTo((byte) 8);
        assertThatThrownBy(() -> files.disk().flipBit(F, 8_000)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void filesAreReplacedAndRemovedBehindTheBackOfTheStore() throws IOException {
        durable(F, 1, 10).close();
        files.disk().replace(F, new byte[] {7});
        files.disk().replace(G, new byte[] {8});
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).bytes(F)).containsExactly(7);
        files.disk().remove(F);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(G);
    }

    @Test
    void aCopyStandsByItself() throws IOException {
        StoreFile file = durable(F, 1, 10);
        SimulatedDisk copy = files.disk().copy();
        file.write(bytes(2, 10), 0);
        file.sync();
        assertThat(copy.bytes(F)).isEqualTo(bytes(1, 10).array());
        assertThat(copy.afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED)
                        .bytes(F))
                .isEqualTo(bytes(1, 10).array());
    }

    @Test
    void aSeedGivesTheSamePowerCutAgain() throws IOException {
        durable(F, 1, 20_000).write(bytes(2, 20_000), 0);
        byte[] first = cut(CrashMode.HALF_LOST, 5).bytes(F);
        assertThat(cut(CrashMode.HALF_LOST, 5).bytes(F)).isEqualTo(first);
        assertThat(cut(CrashMode.HALF_LOST, 6).bytes(F)).isNotEqualTo(first);
    }

    @Test
    void allNamesOfAFileLoseTheSameBytes() throws IOException {
        try (StoreFile file = durable(F, 1, 3_000)) {
            files.link(F, G);
            files.syncDirectory(DIRECTORY);
            file.write(bytes(2, 3_000), 0);
        }
        for (long seed = 0; seed < 20; seed++) {
            SimulatedDisk after = cut(CrashMode.HALF_LOST, seed);
            assertThat(after.bytes(F)).isEqualTo(after.bytes(G));
        }
    }

    @Test
    void aLinkIsLostUnlessItsDirectoryIsSynced() throws IOException {
        durable(F, 1, 10).close();
        files.link(F, G);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(F);
        files.syncDirectory(DIRECTORY);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(F, G);
    }

    @Test
    void aDirectoryHasItsOldNameAgainUnlessTheOneAboveIsSynced() throws IOException {
        Path old = DIRECTORY.resolve("old");
        Path renamed = DIRECTORY.resolve("new");
        files.createDirectories(old);
        files.create(old.resolve("f")).close();
        files.syncDirectory(old);
        files.rename(old, renamed);
        assertThat(cut(CrashMode.FORGET_UNSYNCED, 1).paths()).containsExactly(old.resolve("f"));
        assertThat(files.disk().copy().paths()).containsExactly(renamed.resolve("f"));
        assertThat(files.disk().isClean()).isFalse();
        files.syncDirectory(DIRECTORY);
        SimulatedFileSystem after = new SimulatedFileSystem(cut(CrashMode.FORGET_UNSYNCED, 1));
        assertThat(after.list(DIRECTORY)).containsExactly("new");
        assertThat(after.list(renamed)).containsExactly("f");
    }
}
