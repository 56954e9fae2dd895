package dev.varve.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DamageReportTest {

    @Test
    void whatAServerSaysIsUnderstood() {
        DamageReport report =
                DamageReport.parse("{\"running\":true,\"passes\":1,\"files\":14,\"bytes\":73400320,\"found\":2,"
                        + "\"repaired\":1,\"damages\":[{\"file\":\"07.table\",\"offset\":4096,\"reason\":\"bad\"}]}");
        assertThat(report.running()).isTrue();
        assertThat(report.files()).isEqualTo(14);
        assertThat(report.bytes()).isEqualTo(73_400_320);
        assertThat(report.found()).isEqualTo(2);
        assertThat(report.repaired()).isEqualTo(1);
        assertThat(report.damages()).containsExactly("07.table at offset 4096: bad");
    }
}
