package dev.varve.testkit;

import org.junit.jupiter.api.Test;

/** The store against its model; see {@link ModelRun}. */
class StoreModelTest {

    private static final int OPERATIONS = Integer.getInteger("varve.operations", 400);

    @Test
    void aStoreBehavesAsItsModelThroughCrashes() {
        Seeds.forEach(StoreModelTest.class, "aStoreBehavesAsItsModelThroughCrashes", 40, seed -> {
            ModelRun run = new ModelRun(seed);
            run.run(OPERATIONS);
            if (Boolean.getBoolean("varve.verbose")) {
                System.out.println("seed " + seed + ": " + run);
            }
        });
    }
}
