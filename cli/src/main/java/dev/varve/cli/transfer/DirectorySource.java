package dev.varve.cli.transfer;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The regular files below a directory, in the order of their keys. Symbolic links are not followed, but counted. */
final class DirectorySource implements Source {

    private record Found(byte[] key, Path file, long bytes, long modifiedMillis) {}

    private final byte[] prefix;
    private final List<Found> files = new ArrayList<>();
    private final String fingerprint;
    private final long bytes;
    private long others;
    private int next;

    DirectorySource(Path directory, byte[] prefix) throws IOException {
        this.prefix = prefix;
        Path root = directory.toRealPath();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) {
                    files.add(new Found(
                            PathKeys.key(root, file),
                            file,
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis()));
                } else {
                    others++;
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort((a, b) -> Arrays.compareUnsigned(a.key(), b.key()));
        this.bytes = files.stream().mapToLong(Found::bytes).sum();
        this.fingerprint = "directory of " + files.size() + " files, " + bytes + " bytes, " + digest();
    }

    /** Changes when a file is added, removed, renamed or written. */
    private String digest() {
        CRC32C crc = new CRC32C();
        for (Found file : files) {
            crc.update(file.key());
            crc.update((" " + file.bytes() + " " + file.modifiedMillis() + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        return Long.toHexString(crc.getValue());
    }

    /** How many things were passed over that are no regular files: links, sockets, devices. */
    long others() {
        return others;
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
        if (next == files.size()) {
            return null;
        }
        int ordinal = next++;
        Found found = files.get(ordinal);
        return new Item() {
            @Override
            public long ordinal() {
                return ordinal;
            }

            @Override
            public long bytes() {
                return found.bytes();
            }

            @Override
            public byte[] key() {
                return Prefix.add(prefix, found.key());
            }

            @Override
            public byte[] value() throws IOException {
                if (found.bytes() > Integer.MAX_VALUE - 8) {
                    throw new Failure("The file " + found.file() + " is too large: " + found.bytes() + " bytes.");
                }
                return Files.readAllBytes(found.file());
            }
        };
    }

    @Override
    public void close() {}
}
