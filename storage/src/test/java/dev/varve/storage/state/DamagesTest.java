package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.CorruptionException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DamagesTest {

    private static final String LOG = "2ccc2da100000002.log";

    private final Set<String> parts = new HashSet<>(Set.of(LOG));
    private final Damages damages = new Damages(() -> parts);
    private int told;

    private void meet(String file, long offset) {
        damages.met(new CorruptionException(file, offset, "a checksum does not match"));
    }

    @Test
    void eachPlaceCountsOnce() {
        damages.listen(() -> told++);
        meet(LOG, 10);
        meet(LOG, 10);
        meet(LOG, 20);
        assertThat(told).isEqualTo(2);
        assertThat(damages.found()).isEqualTo(2);
        assertThat(damages.places()).hasSize(2);
        assertThat(damages.files()).containsExactly(LOG);
    }

    @Test
    void whoStillReadsAFileThatHasBeenRepairedMeetsNothingNew() {
        meet(LOG, 10);
        parts.clear();
        damages.repaired(LOG);
        meet(LOG, 10);
        assertThat(damages.found()).isEqualTo(1);
        assertThat(damages.repaired()).isEqualTo(1);
        assertThat(damages.places()).isEmpty();
    }

    @Test
    void norDoesWhoReadsOneThatWasForgottenBeforeItsRepairWasTold() {
        meet(LOG, 10);
        parts.clear();
        damages.forgetGone();
        meet(LOG, 10);
        damages.repaired(LOG);
        assertThat(damages.found()).isEqualTo(1);
        assertThat(damages.repaired()).isEqualTo(1);
    }

    @Test
    void aFileIsRepairedAsAWhole() {
        meet(LOG, 10);
        meet(LOG, 20);
        damages.repaired(LOG);
        assertThat(damages.repaired()).isEqualTo(2);
        meet(LOG, 10);
        damages.forgetGone();
        assertThat(damages.places()).as("it is part of the store").hasSize(1);
        parts.clear();
        damages.forgetGone();
        damages.repaired(LOG);
        assertThat(damages.repaired()).isEqualTo(3);
    }

    @Test
    void norIsAPlaceLostOfAFileThatWasForgottenBefore() {
        meet(LOG, 10);
        meet(LOG, 20);
        parts.clear();
        damages.forgetGone();
        damages.repaired(LOG);
        assertThat(damages.repaired()).isEqualTo(2);
        damages.repaired(LOG);
        assertThat(damages.repaired()).as("counts once").isEqualTo(2);
    }

    @Test
    void aFileMayBeReplacedBeforeItsDamageIsTold() {
        parts.clear();
        meet("67743bfe00000001.manifest", 50);
        assertThat(damages.found()).isEqualTo(1);
        damages.repaired("67743bfe00000001.manifest");
        assertThat(damages.repaired()).isEqualTo(1);
    }

    @Test
    void whatIsNoFileStaysKnown() {
        meet("the index", 0);
        damages.forgetGone();
        assertThat(damages.files()).containsExactly("the index");
    }
}
