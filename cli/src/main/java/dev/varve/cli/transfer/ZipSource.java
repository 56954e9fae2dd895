package dev.varve.cli.transfer;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** The files of a zip file, in the order of its directory. */
final class ZipSource implements Source {

    private final ZipFile zip;
    private final byte[] prefix;
    private final Iterator<? extends ZipEntry> entries;
    private final String fingerprint;
    private final long bytes;
    private long next;

    ZipSource(Path file, byte[] prefix) throws IOException {
        this.prefix = prefix;
        try {
            this.zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8);
        } catch (ZipException e) {
            throw new Failure("The file " + file + " is no zip file, or a damaged one: " + e.getMessage(), e);
        }
        this.entries = zip.stream().filter(entry -> !entry.isDirectory()).iterator();
        this.bytes =
                zip.stream().mapToLong(entry -> Math.max(entry.getSize(), 0)).sum();
        this.fingerprint = "zip of " + zip.size() + " entries, " + Files.size(file) + " bytes, "
                + Files.getLastModifiedTime(file).toMillis();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public @Nullable Item next() {
        if (!entries.hasNext()) {
            return null;
        }
        ZipEntry entry = entries.next();
        long ordinal = next++;
        return new Item() {
            @Override
            public long ordinal() {
                return ordinal;
            }

            @Override
            public long bytes() {
                return Math.max(entry.getSize(), 0);
            }

            @Override
            public byte[] key() {
                return Prefix.add(prefix, entry.getName().getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public byte[] value() throws IOException {
                try (InputStream in = zip.getInputStream(entry)) {
                    return in.readAllBytes();
                }
            }
        };
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
