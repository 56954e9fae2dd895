package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Stands for a segment that is missing or is not what its name says: each use of it tells so, and the rest stays readable. */
record DamagedFile(@Nullable StoreFile file, CorruptionException damage) implements StoreFile {

    private CorruptionException damaged() {
        return new CorruptionException(damage.file(), damage.offset(), damage.reason());
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        throw damaged();
    }

    @Override
    public boolean readResident(ByteBuffer target, long position) throws IOException {
        throw damaged();
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        throw damaged();
    }

    @Override
    public void sync() throws IOException {
        throw damaged();
    }

    @Override
    public long size() throws IOException {
        throw damaged();
    }

    @Override
    public void truncate(long size) throws IOException {
        throw damaged();
    }

    @Override
    public void preallocate(long size) throws IOException {
        throw damaged();
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
