package dev.varve.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.systemtests.ClusterProcesses;
import dev.varve.testkit.history.HistoryFile;
import dev.varve.testkit.history.LinearizabilityChecker;
import dev.varve.testkit.history.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Chaos for a while, or for {@code -Dvarve.chaos.minutes}, from {@code -Dvarve.seed}; or, with {@code -Dvarve.chaos.history=FILE}, only the judgement of a history
 * that an earlier run has kept.
 */
class ChaosTest {

    private static final int SECONDS = 30;
    private static final int COMPONENTS = 18;
    private static final Path PLACE = Path.of("target", "chaos");

    @Test
    void whatClientsSeeIsLinearizableWhateverHappensToTheNodes() throws Exception {
        String kept = System.getProperty("varve.chaos.history");
        if (kept != null) {
            Verdict verdict = LinearizabilityChecker.withDefaults().check(HistoryFile.read(Path.of(kept)));
            System.out.println(verdict);
            assertThat(verdict).isInstanceOf(Verdict.Linearizable.class);
            return;
        }
        long seed = Long.getLong("varve.seed", System.nanoTime() >>> 1);
        Integer minutes = Integer.getInteger("varve.chaos.minutes");
        Duration length = minutes != null ? Duration.ofMinutes(minutes) : Duration.ofSeconds(SECONDS);
        List<String> names = IntStream.rangeClosed(1, Integer.getInteger("varve.chaos.nodes", 3))
                .mapToObj(number -> "n" + number)
                .toList();
        Path directory = PLACE.resolve("seed-" + seed).toAbsolutePath();
        MemberFaults.empty(directory);
        Files.createDirectories(directory);
        Chaos chaos = new Chaos(new StoreClient(), new Chaos.Plan(names, COMPONENTS, length, seed), directory);
        System.out.println(chaos.run());
        System.out.println("timeline: " + directory.resolve("timeline.html"));
        assertThat(chaos.violations())
                .as(
                        "The history, the logs and the data are in %s. Repeat the run with -Dvarve.seed=%d; judge the history again with%n"
                                + "  mvn -B -ntp -pl system-tests -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ChaosTest"
                                + " -Dvarve.chaos.history=%s",
                        directory, seed, chaos.history())
                .isEmpty();
        for (String node : names) {
            MemberFaults.empty(MemberFaults.data(directory, node));
        }
    }

    @ParameterizedTest
    @EnumSource
    @EnabledIfSystemProperty(named = "varve.chaos.planted", matches = ".*", disabledReason = "takes a minute")
    void aBugThatIsPlantedIsFound(SpoiltClient.Bug bug) throws Exception {
        Path directory = PLACE.resolve("planted-" + bug).toAbsolutePath();
        MemberFaults.empty(directory);
        Files.createDirectories(directory);
        Chaos chaos = new Chaos(
                new SpoiltClient(bug, new SplittableRandom(1)),
                new Chaos.Plan(ClusterProcesses.NAMES, 3, Duration.ofSeconds(90), 1),
                directory);
        System.out.println(bug + " planted: " + chaos.run());
        assertThat(chaos.violations()).isNotEmpty();
    }
}
