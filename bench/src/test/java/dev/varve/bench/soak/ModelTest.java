package dev.varve.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Records;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {

    private static final int KEYS = 128;

    @TempDir
    private Path directory;

    private final Records records = SoakProcess.records(KEYS);
    private Model model;

    @BeforeEach
    void open() throws IOException {
        model = Model.open(directory.resolve("model"), records, KEYS);
    }

    @AfterEach
    void close() {
        model.close();
    }

    private void write(long rank, int version, boolean present) {
        model.begin(rank, version, present);
        model.acknowledge(rank);
    }

    private @Nullable String check(long rank, byte @Nullable [] value) {
        return model.check(rank, model.acknowledged(rank), value);
    }

    @Test
    void aKeyThatWasNeverWrittenIsAbsent() {
        assertThat(check(3, null)).isNull();
        assertThat(check(3, records.value(3, 1))).contains("version 0 is the last that was written");
    }

    @Test
    void whatWasAcknowledgedMustBeThere() {
        write(3, 1, true);
        assertThat(check(3, records.value(3, 1))).isNull();
        assertThat(check(3, null)).isEqualTo("key 3 is missing: version 1 was acknowledged");
    }

    @Test
    void anOlderVersionIsLost() {
        write(3, 1, true);
        write(3, 2, true);
        assertThat(check(3, records.value(3, 1))).contains("version 2 was acknowledged before");
    }

    @Test
    void whatWasDeletedMustNotComeBack() {
        write(3, 1, true);
        write(3, 2, false);
        assertThat(check(3, null)).isNull();
        assertThat(check(3, records.value(3, 1))).isNotNull();
        assertThat(check(3, records.value(3, 2))).contains("which is a delete");
    }

    @Test
    void aWriteUnderWayMayBeSeenOrNot() {
        write(3, 1, true);
        model.begin(3, 2, false);
        assertThat(check(3, records.value(3, 1))).isNull();
        assertThat(check(3, null)).isNull();
        assertThat(check(3, records.value(3, 2))).contains("which is a delete");
    }

    @Test
    void whatWasBegunDuringAReadMayBeSeen() {
        write(3, 1, true);
        int before = model.acknowledged(3);
        write(3, 2, false);
        write(3, 3, true);
        assertThat(model.check(3, before, null)).isNull();
        assertThat(model.check(3, before, records.value(3, 1))).isNull();
        assertThat(model.check(3, before, records.value(3, 3))).isNull();
        assertThat(model.check(3, before, records.value(3, 4))).isNotNull();
    }

    @Test
    void bytesThatWereNeverWrittenAreSeen() {
        write(3, 1, true);
        assertThat(check(3, records.value(4, 1))).contains("never written");
        byte[] flipped = records.value(3, 1);
        flipped[flipped.length - 1] ^= 4;
        assertThat(check(3, flipped)).contains("never written");
    }

    @Test
    void itOutlivesItsProcess() throws IOException {
        write(3, 1, true);
        model.begin(4, 9, true);
        try (Model again = Model.open(directory.resolve("model"), records, KEYS)) {
            assertThat(again.acknowledged(3)).isEqualTo(Model.state(1, true));
            assertThat(again.begun(4)).isEqualTo(Model.state(9, true));
            assertThat(again.acknowledged(4)).isZero();
            assertThat(again.nextVersion(0, KEYS)).isEqualTo(10);
        }
    }

    @Test
    void whatIsLiveIsWhatWasPutAndNotDeleted() {
        write(3, 1, true);
        write(4, 1, true);
        write(4, 2, false);
        assertThat(model.liveBytes()).isEqualTo(Records.KEY_BYTES_MEAN + records.valueBytes(3, 1));
    }
}
