package dev.varve.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearizabilityCheckerTest {

    private static final LinearizabilityChecker CHECKER = LinearizabilityChecker.withDefaults();

    @Test
    void readsThatOverlapAWriteMayFindEitherValueButNotGoBack() {
        Call write = call(Operation.put("k", "new"), Outcome.done(), 10, 50);
        Call before = call(Operation.put("k", "old"), Outcome.done(), 0, 5);
        assertLinearizable(before, write, get("k", "new", 15, 20), get("k", "new", 25, 30));
        assertLinearizable(before, write, get("k", "old", 15, 20), get("k", "new", 25, 30));
        assertLinearizable(before, write, get("k", "new", 15, 30), get("k", "old", 16, 29));
        assertNotLinearizable(before, write, get("k", "new", 15, 20), get("k", "old", 25, 30));
    }

    @Test
    void whatWasAcknowledgedMustBeRead() {
        Call write = call(Operation.put("k", "v"), Outcome.done(), 0, 5);
        assertLinearizable(write, get("k", "v", 6, 7));
        assertNotLinearizable(write, get("k", null, 6, 7));
        assertLinearizable(write, get("k", null, 5, 7));
    }

    @Test
    void anOpenWriteMayBeMadeAtAnyTimeLaterOrNever() {
        Call open = call(Operation.put("k", "v"), Outcome.unknown(), 0, 5);
        assertLinearizable(open, get("k", null, 1000, 1001), get("k", "v", 2000, 2001));
        assertLinearizable(open, get("k", null, 1000, 1001), get("k", null, 2000, 2001));
        assertNotLinearizable(open, get("k", "v", 1000, 1001), get("k", null, 2000, 2001));
        assertNotLinearizable(get("k", "v", 0, 1), call(Operation.put("k", "v"), Outcome.unknown(), 2, 5));
    }

    @Test
    void anOpenWriteIsMadeOnce() {
        Call open = call(Operation.put("k", "v"), Outcome.unknown(), 0, 5);
        Call other = call(Operation.put("k", "w"), Outcome.done(), 20, 25);
        assertNotLinearizable(open, get("k", "v", 10, 11), other, get("k", "w", 30, 31), get("k", "v", 40, 41));
    }

    @Test
    void aRefusedWriteIsNeverMade() {
        Call refused = call(Operation.put("k", "v"), Outcome.refused(), 0, 5);
        assertLinearizable(refused, get("k", null, 6, 7));
        assertNotLinearizable(refused, get("k", "v", 6, 7));
    }

    @Test
    void aDeleteSaysWhetherTheKeyWasThere() {
        Call put = call(Operation.put("k", "v"), Outcome.done(), 0, 5);
        assertLinearizable(put, call(Operation.delete("k"), Outcome.done(), 6, 7), get("k", null, 8, 9));
        assertNotLinearizable(put, call(Operation.delete("k"), Outcome.missed(), 6, 7));
        assertNotLinearizable(call(Operation.delete("k"), Outcome.done(), 6, 7));
        assertNotLinearizable(
                put,
                call(Operation.delete("k"), Outcome.done(), 6, 7),
                call(Operation.delete("k"), Outcome.done(), 8, 9));
    }

    @Test
    void onlyOneOfTwoThatPutIfAbsentSucceeds() {
        Call first = call(Operation.putIfAbsent("k", "a"), Outcome.done(), 0, 10);
        assertLinearizable(
                first, call(Operation.putIfAbsent("k", "b"), Outcome.missed(), 0, 10), get("k", "a", 11, 12));
        assertNotLinearizable(first, call(Operation.putIfAbsent("k", "b"), Outcome.done(), 0, 10));
        assertNotLinearizable(call(Operation.putIfAbsent("k", "b"), Outcome.missed(), 0, 10));
    }

    @Test
    void aBatchIsSeenWhole() {
        List<String> keys = List.of("a", "b");
        Call batch = call(Operation.batch(keys, "v"), Outcome.done(), 0, 10);
        assertLinearizable(batch, get("a", "v", 1, 2), get("b", "v", 3, 4));
        assertNotLinearizable(batch, get("a", "v", 1, 2), get("b", null, 3, 4));
        List<Call> torn = new ArrayList<>(List.of(batch));
        List<@Nullable String> found = new ArrayList<>();
        found.add("v");
        found.add(null);
        torn.add(call(Operation.range(keys), Outcome.found(found), 1, 2));
        assertNotLinearizable(torn.toArray(Call[]::new));
    }

    @Test
    void aSearchThatIsGivenUpDecidesNothing() {
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            calls.add(call(Operation.put("k", "v" + i), Outcome.done(), i, 100 + i));
        }
        calls.add(get("k", "nobody wrote this", 200, 201));
        assertThat(new LinearizabilityChecker(10).check(calls)).isInstanceOf(Verdict.Undecided.class);
        assertThat(CHECKER.check(calls))
                .isInstanceOfSatisfying(
                        Verdict.NotLinearizable.class,
                        verdict -> assertThat(verdict.toString()).contains("nobody wrote this"));
    }

    @Test
    void keysThatNeverMeetAreDecidedApart() {
        List<Call> calls = List.of(
                call(Operation.batch(List.of("a", "b"), "1"), Outcome.done(), 0, 1),
                call(Operation.batch(List.of("c", "d"), "1"), Outcome.done(), 0, 1),
                call(Operation.batch(List.of("d", "b"), "2"), Outcome.done(), 2, 3),
                call(Operation.put("e", "1"), Outcome.done(), 2, 3));
        assertThat(LinearizabilityChecker.components(calls)).containsExactly(calls.subList(0, 3), calls.subList(3, 4));
    }

    @Test
    void onSmallHistoriesItAgreesWithTheDefinition() {
        int[] verdicts = new int[2];
        Seeds.forEach(getClass(), "onSmallHistoriesItAgreesWithTheDefinition", 4000, seed -> {
            List<Call> calls = smallHistory(Seeds.random(seed));
            boolean expected = BruteForce.linearizable(calls);
            verdicts[expected ? 1 : 0]++;
            assertThat(CHECKER.check(calls) instanceof Verdict.Linearizable)
                    .as(() -> calls.toString())
                    .isEqualTo(expected);
        });
        System.out.printf("%,d histories linearizable, %,d not%n", verdicts[1], verdicts[0]);
    }

    /** Of few keys and few values, so that about half of them are linearizable by chance. */
    private static List<Call> smallHistory(RandomGenerator random) {
        List<Call> calls = new ArrayList<>();
        int size = 2 + random.nextInt(6);
        for (int i = 0; i < size; i++) {
            String key = random.nextBoolean() ? "a" : "b";
            String value = "v" + random.nextInt(2);
            Operation operation = switch (random.nextInt(7)) {
                case 0, 1 -> Operation.put(key, value);
                case 2 -> Operation.delete(key);
                case 3 -> Operation.putIfAbsent(key, value);
                case 4 -> Operation.batch(List.of("a", "b"), value);
                case 5 -> Operation.range(List.of("a", "b"));
                default -> Operation.get(key);
            };
            long begin = random.nextInt(30);
            calls.add(new Call(i, operation, outcome(operation, random), begin, begin + random.nextInt(15), 0));
        }
        return calls;
    }

    private static Outcome outcome(Operation operation, RandomGenerator random) {
        if (random.nextInt(5) == 0) {
            return random.nextInt(3) == 0 ? Outcome.refused() : Outcome.unknown();
        }
        if (operation.kind().reads()) {
            List<@Nullable String> found = new ArrayList<>();
            operation.keys().forEach(key -> found.add(random.nextInt(3) == 0 ? null : "v" + random.nextInt(2)));
            return Outcome.found(found);
        }
        return operation.kind().conditional() && random.nextBoolean() ? Outcome.missed() : Outcome.done();
    }

    @ParameterizedTest
    @EnumSource
    void everyPlantedBugIsFoundAndNothingElse(ServedModel.Bug bug) {
        int[] counts = new int[2];
        Seeds.forEach(getClass(), "everyPlantedBugIsFoundAndNothingElse", 40, seed -> {
            ServedModel model = new ServedModel(Seeds.random(seed), bug, 1000);
            List<Call> calls = model.run();
            Verdict verdict = CHECKER.check(calls);
            counts[0] += model.planted();
            counts[1] += verdict instanceof Verdict.NotLinearizable ? 1 : 0;
            assertThat(verdict)
                    .isInstanceOf(
                            bug == ServedModel.Bug.NONE ? Verdict.Linearizable.class : Verdict.NotLinearizable.class);
        });
        System.out.printf("%s: shown %,d times in 40 histories, %d of them found%n", bug, counts[0], counts[1]);
    }

    private static Call get(String key, @Nullable String value, long begin, long end) {
        List<@Nullable String> found = new ArrayList<>();
        found.add(value);
        return call(Operation.get(key), Outcome.found(found), begin, end);
    }

    private static Call call(Operation operation, Outcome outcome, long begin, long end) {
        return new Call(1, operation, outcome, begin, end, 0);
    }

    private static void assertLinearizable(Call... calls) {
        assertThat(CHECKER.check(List.of(calls))).isInstanceOf(Verdict.Linearizable.class);
        assertThat(BruteForce.linearizable(List.of(calls))).isTrue();
    }

    private static void assertNotLinearizable(Call... calls) {
        assertThat(CHECKER.check(List.of(calls))).isInstanceOf(Verdict.NotLinearizable.class);
        assertThat(BruteForce.linearizable(List.of(calls))).isFalse();
    }
}
