package dev.varve.storage.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A file by its channel, for systems on which {@link LinuxCalls} cannot be made. It is slower, since it maps nothing, and it has a limit: a
 * channel closes itself when a thread that reads or writes is interrupted. After that the log has failed, or a table cannot be read, until
 * the store is opened again; what was acknowledged is not touched by that. There an application must not interrupt threads that use a
 * store.
 */
final class ChannelFile implements StoreFile {

    private final FileChannel channel;

    ChannelFile(FileChannel channel) {
        this.channel = channel;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int begin = target.position();
        while (target.hasRemaining()) {
            if (channel.read(target, position + target.position() - begin) < 0) {
                break;
            }
        }
        return target.position() - begin;
    }

    @Override
    public boolean readResident(ByteBuffer target, long position) {
        return false;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        int begin = source.position();
        while (source.hasRemaining()) {
            channel.write(source, position + source.position() - begin);
        }
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
    }

    @Override
    public void preallocate(long size) throws IOException {
        DiskFileSystem.fillWithZeroes(this, size);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
