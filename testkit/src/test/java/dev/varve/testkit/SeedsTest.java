package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
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
            generator.batch().mutations().forEach(mutation -> operations.add(text(mutation)));
            operations.add(generator.range() + " " + generator.order() + " " + generator.options());
        }
        return operations;
    }

    private static String text(Mutation mutation) {
        return mutation.getClass().getSimpleName()
                + switch (mutation) {
                    case Mutation.OfKey change -> Arrays.hashCode(change.key());
                    case Mutation.DeleteRange(KeyRange range) -> range.hashCode();
                };
    }
}
