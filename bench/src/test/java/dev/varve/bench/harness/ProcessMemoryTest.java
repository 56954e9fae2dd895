package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessMemoryTest {

    @Test
    void pagesOfFilesAreNotCounted() {
        assertThat(ProcessMemory.anonymousBytes(List.of(
                        "VmRSS:\t   900 kB",
                        "RssAnon:\t     300 kB",
                        "RssFile:\t     500 kB",
                        "RssShmem:\t     100 kB")))
                .isEqualTo(400L << 10);
    }

    @Test
    void thisProcessHoldsSomethingAndOneThatIsGoneNothing() {
        assertThat(ProcessMemory.anonymousBytes("self")).isGreaterThan(1L << 20);
        assertThat(ProcessMemory.anonymousBytes("999999999")).isZero();
    }
}
