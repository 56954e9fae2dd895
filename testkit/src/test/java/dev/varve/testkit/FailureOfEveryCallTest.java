package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every single call of a scenario fails, in several ways, and the store goes on or refuses by name; then it is closed, killed
 * or loses power, and the next start finds everything that was acknowledged. {@code -Dvarve.stride=n} tries
 * every n-th call only.
 */
class FailureOfEveryCallTest {

    private static final int STRIDE = Integer.getInteger("varve.stride", 1);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    enum Failure {
        IO_ERROR_ONCE {
            @Override
            void plan(FaultPlan faults, int call) {
                faults.failOnce(FaultPlan.kinds(CallKind.CHANGES), call, FaultPlan::inputOutputError);
            }
        },
        IO_ERRORS_FOR_GOOD {
            @Override
            void plan(FaultPlan faults, int call) {
                faults.failFrom(FaultPlan.kinds(CallKind.CHANGES), call, FaultPlan::inputOutputError);
            }
        },
        NO_SPACE_ONCE {
            @Override
            void plan(FaultPlan faults, int call) {
                Supplier<IOException> error = call % 2 == 0 ? FaultPlan::noSpace : FaultPlan::diskFull;
                faults.failOnce(FaultPlan.kinds(CallKind.CHANGES), call, error);
            }
        },
        TORN_WRITE {
            @Override
            void plan(FaultPlan faults, int call) {
                faults.tearOnce(
                        FaultPlan.kinds(Set.of(CallKind.WRITE)), call, (call % 10) / 10.0, FaultPlan::inputOutputError);
            }
        };

        abstract void plan(FaultPlan faults, int call);
    }

    @ParameterizedTest
    @EnumSource
    void nothingAcknowledgedIsLostWhicheverCallFails(Failure failure) {
        int calls = calls();
        assertThat(calls).as("the scenario is long enough").isGreaterThan(150);
        for (int call = 1 + failure.name().length() % STRIDE; call <= calls; call += STRIDE) {
            int nth = call;
            String what = failure + " at call " + nth;
            assertTimeoutPreemptively(
                    LONGEST, () -> CrashAtEveryCallTest.attempt(what, () -> fail(failure, nth)), what);
        }
    }

    private static int calls() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        new Scenario(machine).run();
        return (int) machine.files().calls(CallKind.CHANGES);
    }

    private static void fail(Failure failure, int call) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(call);
        failure.plan(machine.files().faults(), call);
        Scenario scenario = new Scenario(machine);
        scenario.runThroughFailures();
        machine.files().faults().heal();
        SimulatedDisk disk = machine.files().disk();
        Scenario.check(
                disk.afterPowerCut(Seeds.random(call), CrashMode.FORGET_UNSYNCED),
                scenario.model(),
                scenario.durable());
        Scenario.check(
                disk.afterPowerCut(Seeds.random(call), CrashMode.HALF_LOST), scenario.model(), scenario.durable());
        Scenario.check(disk.copy(), scenario.model(), scenario.accepted());
    }
}
