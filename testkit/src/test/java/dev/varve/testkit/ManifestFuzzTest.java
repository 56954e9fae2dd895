package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A damaged manifest says what it said, or all but its last edit and that something was cut, or a named error. */
class ManifestFuzzTest {

    private static final Path DIRECTORY = CheckedStore.DIRECTORY;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final List<String> states = new ArrayList<>();

    private FileName write() throws IOException {
        files.createDirectories(DIRECTORY);
        ManifestEdit.Identity identity = new ManifestEdit.Identity(5, 6, 7, "node");
        try (Manifest manifest = Manifest.create(files, DIRECTORY, new StoreId(1, 2), identity)) {
            states.add(told(manifest));
            for (int i = 0; i < 20; i++) {
                long id = manifest.nextFileId();
                Checkpoint checkpoint = new Checkpoint(i, 1, i, i, id, 64 * i, new byte[i], 0);
                manifest.append(
                        List.of(new ManifestEdit.SegmentCreated(id), new ManifestEdit.Checkpointed(checkpoint)));
                states.add(told(manifest));
            }
            return manifest.name();
        }
    }

    private static String told(Manifest manifest) {
        return told(manifest.state().segments(), manifest.state().checkpoint());
    }

    private static String told(List<Long> segments, @Nullable Checkpoint checkpoint) {
        return segments + " " + (checkpoint == null ? "" : checkpoint.revision() + " " + checkpoint.offset());
    }

    @Test
    void aDamagedManifestIsNeverTakenForAnother() throws IOException {
        FileName name = write();
        Path path = DIRECTORY.resolve(name.toString());
        byte[] valid = files.disk().bytes(path);
        Seeds.forEach(ManifestFuzzTest.class, "aDamagedManifestIsNeverTakenForAnother", 3_000, seed -> {
            RandomGenerator random = Seeds.random(seed);
            byte[] damaged = new Mutator(random).mutate(valid);
            if (random.nextInt(10) == 0) {
                random.nextBytes(damaged);
            }
            SimulatedFileSystem other = new SimulatedFileSystem(files.disk().copy());
            other.disk().replace(path, damaged);
            try (StoreFile file = other.openForRead(path)) {
                Manifest.Scan scan = Manifest.scan(file, name);
                String told = told(scan.state().segments(), scan.state().checkpoint());
                assertThat(states).contains(told);
                if (!told.equals(states.getLast())) {
                    assertThat(scan.torn() || damaged.length < valid.length)
                            .as("edits were lost silently")
                            .isTrue();
                }
            } catch (CorruptionException | UnsupportedVersionException e) {
                assertThat(e).hasMessageContaining(name.toString());
            }
        });
    }
}
