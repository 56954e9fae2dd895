package dev.varve.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Failure;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("state/import.journal");
    }

    private Journal open(String fingerprint) throws IOException {
        return Journal.open(file, fingerprint, false, Ticker.system());
    }

    private void write(int... ordinals) throws IOException {
        try (Journal journal = open("source")) {
            for (int ordinal : ordinals) {
                journal.acknowledge(ordinal);
            }
        }
    }

    @Test
    void whatWasAcknowledgedIsThereInTheNextRun() throws IOException {
        write(0, 1, 2, 5);
        write(4, 9);
        try (Journal journal = open("source")) {
            assertThat(journal.count()).isEqualTo(6);
            assertThat(journal.contains(5)).isTrue();
            assertThat(journal.contains(3)).isFalse();
        }
    }

    @Test
    void cutAnywhereItHoldsAPartOfWhatWasAcknowledgedAndCanGoOn() throws IOException {
        write(0, 1, 2);
        write(7);
        write(9);
        byte[] whole = Files.readAllBytes(file);
        long last = 0;
        for (int length = 0; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (Journal journal = open("source")) {
                assertThat(journal.count()).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(5);
                assertThat(journal.contains(3)).isFalse();
                last = journal.count();
                journal.acknowledge(100);
            }
            try (Journal journal = open("source")) {
                assertThat(journal.count()).isEqualTo(last + 1);
                assertThat(journal.contains(100)).isTrue();
            }
        }
        assertThat(last).isEqualTo(5);
    }

    @Test
    void aDamagedLineEndsIt() throws IOException {
        write(0, 1, 2);
        write(7);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("0-2", "0-5"));
        try (Journal journal = open("source")) {
            assertThat(journal.count()).isZero();
        }
    }

    @Test
    void aSourceThatHasChangedIsRefusedUnlessRestarted() throws IOException {
        write(0);
        assertThatThrownBy(() -> open("other"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("has changed")
                .hasMessageContaining("--restart");
        try (Journal journal = Journal.open(file, "other", true, Ticker.system())) {
            assertThat(journal.count()).isZero();
        }
    }

    @Test
    void aFileThatIsNoJournalIsLeftAsItIs() throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, "my notes\n");
        for (boolean restart : new boolean[] {false, true}) {
            assertThatThrownBy(() -> Journal.open(file, "source", restart, Ticker.system()))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("no journal");
        }
        assertThat(file).hasContent("my notes\n");
    }

    @Test
    void twoImportsDoNotShareAJournal() throws IOException {
        try (Journal first = open("source")) {
            assertThat(first.count()).isZero();
            assertThatThrownBy(() -> open("source")).isInstanceOf(Failure.class).hasMessageContaining("Another import");
        }
        open("source").close();
    }

    @Test
    void manyAcknowledgementsReachTheFileBeforeTheEnd() throws IOException {
        try (Journal journal = open("source")) {
            for (int i = 0; i < 2000; i++) {
                journal.acknowledge(i);
            }
            assertThat(Files.readString(file).lines().count()).isGreaterThan(3);
            journal.delete();
        }
        assertThat(file).doesNotExist();
    }
}
