package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * The machine stops before every single call of a scenario that changes files, and what the next start finds is checked:
 * after a kill, and after power cuts of every mode. {@code -Dvarve.outcomes=N} tries N power cuts of each mode instead of one
 * mode in turn.
 */
class CrashAtEveryCallTest {

    private static final int OUTCOMES = Integer.getInteger("varve.outcomes", 0);

    /** A machine between two calls, and what had been acknowledged by then. */
    private record Image(String call, SimulatedDisk disk, long durable, long accepted) {}

    private static List<Image> images(Scenario scenario, SimulatedEnvironment machine) {
        List<Image> images = new ArrayList<>();
        machine.files().watch(call -> {
            if (CallKind.CHANGES.contains(call.kind())) {
                images.add(new Image(
                        images.size() + ": " + call,
                        machine.files().disk().copy(),
                        scenario.durable(),
                        scenario.accepted()));
            }
        });
        scenario.run();
        machine.files().watch(call -> {});
        images.add(new Image("the end", machine.files().disk().copy(), scenario.durable(), scenario.accepted()));
        return images;
    }

    @Test
    void nothingAcknowledgedIsLostWhereverTheProcessIsKilled() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        Scenario scenario = new Scenario(machine);
        for (Image image : images(scenario, machine)) {
            attempt(
                    "killed before call " + image.call(),
                    () -> Scenario.check(image.disk().copy(), scenario.model(), image.accepted()));
        }
    }

    @Test
    void nothingDurableIsLostWhereverThePowerIsCut() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(2);
        Scenario scenario = new Scenario(machine);
        CrashMode[] modes = CrashMode.values();
        List<Image> images = images(scenario, machine);
        assertThat(images).as("the scenario is long enough").hasSizeGreaterThan(150);
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            for (int j = 0; j < Math.max(2, OUTCOMES * modes.length); j++) {
                CrashMode mode = modes[(i + j) % modes.length];
                long seed = 1_000L * i + j;
                attempt("power cut before call " + image.call() + ", " + mode + ", seed " + seed, () -> {
                    RandomGenerator random = Seeds.random(seed);
                    checkWithCrashOfTheRecovery(
                            image.disk().afterPowerCut(random, mode), scenario.model(), image.durable(), random, mode);
                });
            }
        }
    }

    /** Checks a disk, and also what a second power cut, during the recovery, leaves. */
    private static void checkWithCrashOfTheRecovery(
            SimulatedDisk disk, ModelStore model, long mustSurvive, RandomGenerator random, CrashMode mode) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), mustSurvive);
        int[] left = {1 + random.nextInt(12)};
        SimulatedDisk[] second = new SimulatedDisk[1];
        machine.files().watch(call -> {
            if (CallKind.CHANGES.contains(call.kind()) && --left[0] == 0) {
                second[0] = machine.files().disk().afterPowerCut(random, mode);
            }
        });
        Scenario.check(machine, model, mustSurvive);
        if (second[0] != null) {
            Scenario.checkWithProbe(second[0], model, mustSurvive);
        }
    }

    @Test
    void aStoreWhoseSyncsLieIsSeenToLoseWrites() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(3);
        machine.files().faults().lieAboutSyncs();
        Scenario scenario = new Scenario(machine);
        scenario.run();
        SimulatedDisk disk = machine.files().disk().afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED);
        assertThatThrownBy(() -> Scenario.check(disk, scenario.model(), scenario.durable()))
                .isInstanceOf(AssertionError.class);
    }

    static void attempt(String what, Runnable check) {
        try {
            check.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
    }
}
