package dev.varve.cli.transfer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathKeysTest {

    @TempDir
    private Path directory;

    @Test
    void namesOfAnyBytesGoToFilesAndBack() throws IOException {
        for (byte[] key : List.of(
                "a".getBytes(UTF_8),
                "b/b c+%d".getBytes(UTF_8),
                "é/😀\n\\\"'*?".getBytes(UTF_8),
                new byte[] {(byte) 0xFF, 1, '/', (byte) 0x80},
                "...".getBytes(UTF_8),
                "~/.x".getBytes(UTF_8),
                "x".repeat(255).getBytes(UTF_8))) {
            assertThat(PathKeys.refusal(key)).isNull();
            Path file = PathKeys.file(directory, key);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "x");
            assertThat(file.toRealPath()).startsWith(directory.toRealPath());
            assertThat(PathKeys.key(directory, file)).isEqualTo(key);
        }
    }

    @Test
    void keysThatLeadElsewhereAreRefused() {
        for (String key : List.of(
                "",
                "/",
                "/etc/passwd",
                "..",
                "../a",
                "a/../../b",
                "a/..",
                ".",
                "./a",
                "a//b",
                "a/",
                "a\0b",
                "x".repeat(256))) {
            assertThat(PathKeys.refusal(key.getBytes(ISO_8859_1))).as(key).isNotNull();
            assertThat(PathKeys.zipRefusal(key.getBytes(ISO_8859_1))).as(key).isNotNull();
        }
        assertThat(PathKeys.zipRefusal(new byte[] {(byte) 0xFF})).isNotNull();
    }
}
