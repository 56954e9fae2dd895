package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.io.StoreFile;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultPlanTest {

    private static final Path DIRECTORY = Path.of("/store");
    private static final Path F = DIRECTORY.resolve("0000000700000001.log");
    private static final Predicate<IoCall> WRITES = FaultPlan.kinds(EnumSet.of(CallKind.WRITE));

    private final SimulatedFileSystem files = new SimulatedFileSystem();

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    private static void write(StoreFile file, int length, long position) throws IOException {
        file.write(ByteBuffer.allocate(length), position);
    }

    @Test
    void theNthCallFailsOnce() throws IOException {
        StoreFile file = files.create(F);
        files.faults().failOnce(WRITES, 2, FaultPlan::inputOutputError);
        write(file, 10, 0);
        assertThatThrownBy(() -> write(file, 10, 10)).hasMessage("Input/output error");
        assertThat(files.disk().bytes(F)).hasSize(10);
        write(file, 10, 10);
        assertThat(files.disk().bytes(F)).hasSize(20);
    }

    @Test
    void theNthCallAndAllLaterOnesFailUntilHealed() throws IOException {
        StoreFile file = files.create(F);
        files.faults().failFrom(WRITES, 2, FaultPlan::noSpace);
        write(file, 10, 0);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> write(file, 10, 10))
                    .isInstanceOf(IOException.class)
                    .satisfies(e -> assertThat(Trouble.isDiskFull(e)).isTrue());
        }
        files.faults().heal();
        write(file, 10, 10);
    }

    @Test
    void onlyMatchingCallsFail() throws IOException {
        files.faults().failFrom(FaultPlan.kinds(EnumSet.of(CallKind.CREATE), ".table"), 1, FaultPlan::inputOutputError);
        files.create(F).close();
        assertThatThrownBy(() -> files.create(DIRECTORY.resolve("x.table"))).isInstanceOf(IOException.class);
        assertThat(files.list(DIRECTORY)).containsExactly("0000000700000001.log");
    }

    @Test
    void everyKindOfCallCanFail() throws Exception {
        StoreFile file = files.create(F);
        AutoCloseable lock = files.lock(DIRECTORY.resolve("LOCK"));
        files.faults().failFrom(call -> true, 1, FaultPlan::inputOutputError);
        assertThatThrownBy(() -> files.create(DIRECTORY.resolve("a"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.open(F)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.openForRead(F)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.exists(F)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.list(DIRECTORY)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.createDirectories(DIRECTORY)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.delete(F)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.rename(F, DIRECTORY.resolve("b"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.syncDirectory(DIRECTORY)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.usableBytes(DIRECTORY)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files.lock(DIRECTORY.resolve("LOCK2"))).isInstanceOf(IOException.class);
        assertThatThrownBy(lock::close).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.readResident(ByteBuffer.allocate(1), 0)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> write(file, 1, 0)).isInstanceOf(IOException.class);
        assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
        assertThatThrownBy(file::size).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.preallocate(10)).isInstanceOf(IOException.class);
        assertThatThrownBy(file::close).isInstanceOf(IOException.class);
        assertThat(files.disk().paths()).containsExactly(F, DIRECTORY.resolve("LOCK"));
        assertThat(files.calls(CallKind.ALL)).as("each counted").isEqualTo(20 + 3);
    }

    @Test
    void aTornWriteLeavesItsBeginning() throws IOException {
        StoreFile file = files.create(F);
        files.faults().tearOnce(WRITES, 1, 0.3, FaultPlan::inputOutputError);
        assertThatThrownBy(() -> write(file, 1_000, 0)).isInstanceOf(IOException.class);
        assertThat(files.disk().bytes(F)).hasSize(300);
    }

    @Test
    void aCrashStopsEveryLaterCall() throws IOException {
        StoreFile file = files.create(F);
        files.faults().crashAt(WRITES, 2, 0.5);
        write(file, 100, 0);
        assertThat(files.faults().crashed()).isFalse();
        assertThatThrownBy(() -> write(file, 100, 100)).isInstanceOf(SimulatedCrash.class);
        assertThat(files.faults().crashed()).isTrue();
        assertThatThrownBy(() -> files.list(DIRECTORY)).isInstanceOf(SimulatedCrash.class);
        assertThatThrownBy(file::sync).isInstanceOf(SimulatedCrash.class);
        files.faults().heal();
        assertThatThrownBy(file::close).isInstanceOf(SimulatedCrash.class);
        assertThat(files.killed().disk().bytes(F)).hasSize(150);
    }

    @Test
    void aLyingSyncSucceedsAndKeepsNothing() throws IOException {
        files.faults().lieAboutSyncs();
        StoreFile file = files.create(F);
        write(file, 100, 0);
        file.sync();
        files.syncDirectory(DIRECTORY);
        assertThat(files.disk()
                        .afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED)
                        .paths())
                .isEmpty();
    }

    @Test
    void aFullDiskRefusesGrowthAndTakesOverwrites() throws IOException {
        StoreFile file = files.create(F);
        write(file, 1_000, 0);
        files.setCapacityBytes(1_300);
        assertThat(files.usableBytes(DIRECTORY)).isEqualTo(300);

        assertThatThrownBy(() -> write(file, 400, 1_000)).hasMessage("No space left on device");
        assertThat(file.size()).as("what fitted was written").isEqualTo(1_300);
        write(file, 1_300, 0);
        assertThatThrownBy(() -> file.preallocate(2_000))
                .satisfies(e -> assertThat(Trouble.isDiskFull(e)).isTrue());
        assertThatCode(() -> file.preallocate(1_300)).doesNotThrowAnyException();
        assertThat(files.usableBytes(DIRECTORY)).isZero();

        files.setCapacityBytes(3_000);
        file.preallocate(2_000);
        assertThat(file.size()).isEqualTo(2_000);
    }

    @Test
    void openFilesAreKnown() throws Exception {
        StoreFile file = files.create(F);
        StoreFile again = files.openForRead(F);
        AutoCloseable lock = files.lock(DIRECTORY.resolve("LOCK"));
        assertThat(files.openFiles()).containsExactly("0000000700000001.log", "0000000700000001.log", "LOCK");
        file.close();
        again.close();
        lock.close();
        assertThat(files.openFiles()).isEmpty();
    }

    @Test
    void aWatcherSeesEachCallBeforeItsEffect() throws IOException {
        StoreFile file = files.create(F);
        byte[][] seen = new byte[1][];
        files.watch(call -> {
            if (call.kind() == CallKind.WRITE) {
                try {
                    seen[0] = files.disk().bytes(F);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
        write(file, 100, 0);
        assertThat(seen[0]).isEmpty();
    }

    @Test
    void theTraceNamesCallsWithoutTheRandomPartOfIds() throws IOException {
        IoTrace trace = new IoTrace(CallKind.CHANGES);
        files.watch(trace);
        Path temporary = DIRECTORY.resolve("00abcdef0000000c.manifest.tmp");
        try (StoreFile file = files.create(temporary)) {
            write(file, 64, 0);
            file.preallocate(100);
            file.sync();
            file.truncate(80);
            file.size();
        }
        trace.note("publish");
        files.rename(temporary, DIRECTORY.resolve("00abcdef0000000c.manifest"));
        files.syncDirectory(DIRECTORY);
        files.delete(DIRECTORY.resolve("00abcdef0000000c.manifest"));
        assertThat(trace.text()).isEqualTo("""
                create 12.manifest.tmp
                write 12.manifest.tmp +64 @0
                preallocate 12.manifest.tmp @100
                sync 12.manifest.tmp
                truncate 12.manifest.tmp @80
                # publish
                rename 12.manifest.tmp 12.manifest
                syncdirectory store
                delete 12.manifest
                """);
    }
}
