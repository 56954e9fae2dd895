package dev.varve.cli.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Console;
import dev.varve.cli.FakeServer;
import dev.varve.cli.Progress;
import dev.varve.client.VarveClient;
import dev.varve.storage.io.Ticker;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImporterTest {

    @TempDir
    private Path directory;

    /** Three items, of which the second is too large for this machine. */
    private static final class LargeSource implements Source {
        private int next;

        @Override
        public String fingerprint() {
            return "large";
        }

        @Override
        public long bytes() {
            return 3;
        }

        @Override
        public @Nullable Item next() {
            if (next == 3) {
                return null;
            }
            int ordinal = next++;
            return new Item() {
                @Override
                public long ordinal() {
                    return ordinal;
                }

                @Override
                public long bytes() {
                    return 1;
                }

                @Override
                public byte[] key() {
                    return ("k" + ordinal).getBytes(UTF_8);
                }

                @Override
                public byte[] value() {
                    if (ordinal == 1) {
                        throw new OutOfMemoryError("as of a file that is larger than the heap");
                    }
                    return new byte[1];
                }
            };
        }

        @Override
        public void close() {}
    }

    @Test
    void anItemThatDoesNotFitIntoMemoryEndsTheImportAndIsNotTakenForDone() throws Exception {
        Console console = new Console(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                new PrintStream(OutputStream.nullOutputStream()),
                false,
                Map.of(),
                Ticker.system());
        try (FakeServer server = new FakeServer();
                VarveClient client = VarveClient.connect(server.url());
                Progress progress = Progress.start(console, "import", 3, "", 1);
                Journal journal = Journal.open(directory.resolve("journal"), "large", false, Ticker.system())) {
            Outage outage = new Outage(Duration.ofSeconds(1), Ticker.system(), progress::say);
            Importer importer = new Importer(client, journal, outage, progress, 1, false);

            assertThatThrownBy(() -> importer.run(new LargeSource())).isInstanceOf(OutOfMemoryError.class);
            assertThat(journal.contains(1)).isFalse();
        }
    }
}
