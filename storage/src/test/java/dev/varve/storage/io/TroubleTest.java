package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.junit.jupiter.api.Test;

class TroubleTest {

    @Test
    void aLackOfSpaceIsSeenHoweverItIsReported() {
        assertThat(Trouble.isDiskFull(new Trouble.DiskFullException("full"))).isTrue();
        assertThat(Trouble.isDiskFull(new IOException("No space left on device")))
                .isTrue();
        assertThat(Trouble.isDiskFull(new IOException("/data: Disk quota exceeded")))
                .isTrue();
        assertThat(Trouble.isDiskFull(new UncheckedIOException(new IOException("No space left on device"))))
                .as("as a cause")
                .isTrue();
    }

    @Test
    void nothingElseIsALackOfSpace() {
        assertThat(Trouble.isDiskFull(null)).isFalse();
        assertThat(Trouble.isDiskFull(new IOException())).isFalse();
        assertThat(Trouble.isDiskFull(new IOException("Input/output error"))).isFalse();
        assertThat(Trouble.isDiskFull(new IllegalStateException("No space left on device")))
                .as("words of somebody else")
                .isFalse();
    }

    @Test
    void errorsThatSayOnlyAPathBecomeSentences() {
        assertThat(Trouble.describe(new AccessDeniedException("/a"))).isEqualTo("permission denied for /a");
        assertThat(Trouble.describe(new NoSuchFileException("/a"))).isEqualTo("/a does not exist");
        assertThat(Trouble.describe(new NotDirectoryException("/a"))).isEqualTo("/a is not a directory");
        assertThat(Trouble.describe(new FileAlreadyExistsException("/a"))).startsWith("/a is in the way");
        assertThat(Trouble.describe(new IOException("Input/output error"))).isEqualTo("Input/output error");
        assertThat(Trouble.describe(new IOException())).isEqualTo("java.io.IOException");
    }
}
