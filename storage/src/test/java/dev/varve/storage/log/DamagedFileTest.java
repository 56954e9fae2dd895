package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamagedFileTest {

    private final CorruptionException damage = new CorruptionException("7.log", 8, "the header is another's");

    @Test
    void everyUseNamesTheDamage() {
        DamagedFile file = new DamagedFile(null, damage);
        ByteBuffer bytes = ByteBuffer.allocate(1);
        List<ThrowingCallable> uses = List.of(
                () -> file.read(bytes, 0),
                () -> file.readResident(bytes, 0),
                () -> file.write(bytes, 0),
                file::sync,
                file::size,
                () -> file.truncate(0),
                () -> file.preallocate(1));
        for (ThrowingCallable use : uses) {
            assertThatThrownBy(use)
                    .isInstanceOf(CorruptionException.class)
                    .isNotSameAs(damage)
                    .hasMessage(damage.getMessage());
        }
    }

    @Test
    void closingItClosesTheFileIfThereIsOne(@TempDir Path directory) throws IOException {
        new DamagedFile(null, damage).close();
        List<String> calls = new ArrayList<>();
        StoreFile file = InterceptedFiles.wrap(
                DiskFileSystem.instance().create(directory.resolve("f")), (method, bytes) -> calls.add(method));
        new DamagedFile(file, damage).close();
        assertThat(calls).containsExactly("close");
    }
}
