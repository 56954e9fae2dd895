package dev.varve.cli.transfer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** A zip file. The entries have no time of their own, so that the same store gives the same bytes. */
final class ZipSink implements Sink {

    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final PartFile file;
    private final ZipOutputStream zip;

    ZipSink(PartFile file) {
        this.file = file;
        this.zip = new ZipOutputStream(file, StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable String refusal(byte[] key) {
        return PathKeys.zipRefusal(key);
    }

    @Override
    public void write(byte[] key, byte[] value) throws IOException {
        ZipEntry entry = new ZipEntry(new String(key, StandardCharsets.UTF_8));
        entry.setTimeLocal(NO_TIME);
        zip.putNextEntry(entry);
        zip.write(value);
        zip.closeEntry();
    }

    @Override
    public boolean keepsParts() {
        return false;
    }

    @Override
    public void finish() throws IOException {
        zip.finish();
        file.finish();
    }

    @Override
    public void close() throws IOException {
        // Not the zip stream: closing it would write a directory, and a part of a zip file would look whole.
        file.close();
    }
}
