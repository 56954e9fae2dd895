package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeedsTest {

    @Test
    void aFailingSeedPrintsTheCommandThatRepeatsIt() {
        assertThatThrownBy(() -> Seeds.run(SeedsTest.class, "name", 3, seed -> {
                    throw new IllegalStateException("broken");
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("broken")
                .hasMessageContaining("-Dtest=SeedsTest#name -Dvarve.seed=3")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSeedGivesTheSameOperationsAgain() {
        assertThat(operations(7)).isEqualTo(operations(7)).isNotEqualTo(operations(8));
    }

    private static List<String> operations(long seed) {
        OperationGenerator generator = new OperationGenerator(Seeds.random(seed), 20, 1_000);
        List<String> operations = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            generator
                    .batch()
                    .mutations()
                    .forEach(mutation ->
                            operations.add(mutation.getClass().getSimpleName() + Arrays.hashCode(mutation.key())));
            operations.add(generator.range() + " " + generator.order() + " " + generator.options());
        }
        return operations;
    }
}
