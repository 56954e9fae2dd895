package dev.varve.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OrdinalsTest {

    @Test
    void behavesAsASetOfNumbers() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 200; round++) {
            Ordinals ordinals = new Ordinals();
            BitSet model = new BitSet();
            for (int i = 0; i < 60; i++) {
                int first = random.nextInt(200);
                int last = first + random.nextInt(1 + random.nextInt(20));
                ordinals.add(first, last);
                model.set(first, last + 1);
                assertThat(ordinals.count()).isEqualTo(model.cardinality());
            }
            BitSet listed = new BitSet();
            ordinals.forEachRange((first, last) -> {
                assertThat(listed.get((int) Math.max(0, first - 1)))
                        .as("ranges touch")
                        .isFalse();
                listed.set(first.intValue(), last.intValue() + 1);
            });
            assertThat(listed).isEqualTo(model);
            for (int i = 0; i < 250; i++) {
                assertThat(ordinals.contains(i)).isEqualTo(model.get(i));
            }
        }
    }
}
