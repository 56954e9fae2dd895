package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StoreIdTest {

    @Test
    void itPrintsAs32HexadecimalDigits() {
        assertThat(new StoreId(1, -2)).hasToString("0000000000000001fffffffffffffffe");
    }

    @Test
    void bothHalvesAreDrawn() {
        SplittableRandom random = new SplittableRandom(1);
        SplittableRandom same = new SplittableRandom(1);
        assertThat(StoreId.random(random)).isEqualTo(new StoreId(same.nextLong(), same.nextLong()));
    }
}
