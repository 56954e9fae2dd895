package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.protocol.Problem;
import dev.varve.storage.StoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemsTest {

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT, 400, invalid-argument",
        "TOO_LARGE, 413, too-large",
        "DISK_FULL, 507, disk-full",
        "OVERLOADED, 503, overloaded",
        "BLOCKED, 503, store-blocked",
        "LOG_FAILED, 503, log-failed",
        "CLOSED, 503, shutting-down",
        "OUTCOME_UNKNOWN, 504, outcome-unknown",
        "CORRUPTION, 500, corruption",
        "IO, 500, read-failed"
    })
    void eachKindOfTroubleHasItsStatusAndCode(StoreException.Kind kind, int status, String code) {
        Problem problem = Problems.of(new StoreException(kind, "trouble"));
        assertThat(problem.code().status()).isEqualTo(status);
        assertThat(problem.code().code()).isEqualTo(code);
    }

    /** A write that may have been made must never be told as one that was not, and the other way round. */
    @ParameterizedTest
    @EnumSource
    void only504LeavesTheOutcomeOpen(StoreException.Kind kind) {
        StoreException failure = new StoreException(kind, "trouble");
        assertThat(Problems.of(failure).code().status() == 504).isEqualTo(failure.outcomeUnknown());
    }

    @Test
    void theMessageOfTheStoreBecomesASentence() {
        assertThat(Problems.of(new StoreException(StoreException.Kind.IO, "cannot read x"))
                        .detail())
                .isEqualTo("Cannot read x.");
    }
}
