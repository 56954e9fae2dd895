package dev.varve.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the load generators print, as they print it. */
class LoadOutputTest {

    @Test
    void aResultOfWrkIsRead() {
        List<String> lines =
                List.of("Running 2s test @ http://127.0.0.1:8080", "RESULT 30000 2000000 900000 0 640 2100");
        assertThat(Wrk.parse(lines, Operation.PUT)).isEqualTo(new Sample(15_000, 640, 2100));
    }

    @Test
    void aRunOfWrkInWhichARequestFailedIsRefused() {
        assertThatThrownBy(() -> Wrk.parse(List.of("RESULT 30000 2000000 900000 1 640 2100"), Operation.PUT))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("1 of 30000 requests failed");
    }

    @Test
    void aRunOfWrkWhoseAnswersAreTooShortForTheValuesIsRefused() {
        assertThatThrownBy(() -> Wrk.parse(List.of("RESULT 30000 2000000 900000 0 640 2100"), Operation.GET))
                .isInstanceOf(Failure.class);
    }

    @Test
    void aRunOfWrkWithoutAResultIsRefused() {
        assertThatThrownBy(() -> Wrk.parse(List.of("unable to connect"), Operation.PUT))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("unable to connect");
    }

    @Test
    void aResultOfH2loadIsRead() {
        List<String> requests = List.of("1000\t200\t300", "1100\t200\t100", "1200\t200\t200", "1300\t200\t400");
        assertThat(H2load.parse(h2load(4, 4, 4 * 45), requests, Operation.PUT, 2))
                .isEqualTo(new Sample(2, 300, 400));
    }

    @Test
    void aRunOfH2loadInWhichARequestFailedIsRefused() {
        assertThatThrownBy(() -> H2load.parse(h2load(2, 1, 90), List.of("1000\t200\t300"), Operation.PUT, 2))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("1 of 2 requests failed");
    }

    /** A call that gRPC refuses has status 200, and its error stands in the trailers. */
    @Test
    void aRunOfH2loadWithoutDataIsRefused() {
        assertThatThrownBy(() -> H2load.parse(h2load(1, 1, 0), List.of("1000\t200\t300"), Operation.PUT, 2))
                .isInstanceOf(Failure.class);
    }

    private static List<String> h2load(int done, int succeeded, int dataBytes) {
        return List.of(
                "starting benchmark...",
                "finished in 2.00s, %d req/s, 90.00KB/s".formatted(done / 2),
                "requests: %d total, %d started, %d done, %d succeeded, %d failed, 0 errored, 0 timeout"
                        .formatted(done, done, done, succeeded, done - succeeded),
                "traffic: 2.61MB (2741940) total, 76.46KB (78290) headers (space savings 94.68%%), 1.29MB (%d) data"
                        .formatted(dataBytes));
    }
}
