package dev.varve.cli.transfer;

import dev.varve.storage.io.DiskFileSystem;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that bears the suffix {@code .part} until it is whole and on the disk. */
final class PartFile extends FilterOutputStream {

    private static final int BUFFER_BYTES = 256 << 10;

    private final Path file;
    private final Path part;
    private final FileChannel channel;

    private PartFile(Path file, Path part, FileChannel channel) {
        super(new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES));
        this.file = file;
        this.part = part;
        this.channel = channel;
    }

    static PartFile create(Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        return new PartFile(file, part, channel);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
    }

    /** Gives the file its name. */
    void finish() throws IOException {
        out.flush();
        channel.force(true);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            DiskFileSystem.instance().syncDirectory(directory);
        }
    }

    @Override
    public void close() throws IOException {
        try (OutputStream closing = out) {
            closing.flush();
        }
    }
}
