package dev.varve.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.ExitCode;
import dev.varve.cli.FakeServer;
import dev.varve.cli.Shell;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class StatusTest {

    private static final String PAGE = """
            # HELP varve_requests Requests.
            # TYPE varve_requests counter
            varve_requests_total{operation="put",outcome="ok"} 8.0
            varve_requests_total{operation="put",outcome="overloaded"} 2.0
            varve_request_duration_seconds_sum{operation="put"} 0.05
            varve_request_duration_seconds_count{operation="put"} 10
            varve_revision 1.23456789E8
            varve_log_bytes 1048576
            varve_file_bytes 3145728
            varve_live_bytes 2097152
            varve_space_amplification 1.5
            varve_moved_bytes_total 1048576
            varve_value_segments 2
            varve_value_bytes 524288
            odd{label="a \\"b\\", c=1"} +Inf
            not a sample
            """;

    private final Shell shell = new Shell();

    @Test
    void samplesAreReadWithTheirLabels() {
        Samples samples = Samples.parse(PAGE);
        assertThat(samples.sum("varve_requests_total")).hasValue(10);
        assertThat(samples.sum("varve_requests_total", "outcome", "ok")).hasValue(8);
        assertThat(samples.sum("varve_requests_total", "outcome", "none")).isEmpty();
        assertThat(samples.of("odd")).singleElement().satisfies(sample -> {
            assertThat(sample.labels()).containsEntry("label", "a \\\"b\\\", c=1");
            assertThat(sample.value()).isInfinite();
        });
        assertThat(samples.of("not")).isEmpty();
    }

    @Test
    void theSummarySaysWhatTheMetricsSay() {
        assertThat(Summary.lines(Samples.parse(PAGE)))
                .containsExactly(
                        "put        10 requests, 2 not ok, mean 5.00 ms",
                        "store      revision 123,456,789; log 1.0 MiB in 0 segments; 0 tables of 0 B; memtables 0 B",
                        "space      3.0 MiB in files, 2.0 MiB live (1.50 times); 1.0 MiB moved to 2 value segments of"
                                + " 512 KiB");
    }

    @Test
    void eachServerIsAskedAndOneThatIsAwayMakesTheCommandFail() throws IOException {
        try (FakeServer here = new FakeServer();
                FakeServer away = new FakeServer()) {
            assertThat(shell.run("status", "--url", here.url())).isEqualTo(ExitCode.OK);
            assertThat(shell.out()).isEqualTo(here.url() + "  ready\n");
            away.stop();
            assertThat(shell.run("status", "--url", here.url() + "," + away.url()))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains(here.url() + "  ready\n").contains(away.url() + "  NOT READY: No server");
            assertThat(shell.run("status", "-o", "json", "--url", here.url())).isEqualTo(ExitCode.OK);
            assertThat(shell.out())
                    .isEqualTo("[{\"url\":\"" + here.url() + "\",\"ready\":true,\"message\":\"ready\",\"metrics\":["
                            + "{\"name\":\"varve_x\",\"labels\":{\"kind\":\"put\"},\"value\":7.0}]}]\n");
        }
    }
}
