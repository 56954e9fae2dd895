package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.Memtable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread adds to a memtable while another reads: nothing newer than asked for, nothing below the start of a range. */
@Timeout(60)
class MemtableRaceTest {

    private static final int ENTRIES = 400_000;

    private static void add(Memtable memtable, byte[] key, long revision) {
        assertThat(memtable.add(key, key.length, EntryKind.TOMBSTONE, revision, 0, 0, 0, null, 0))
                .isTrue();
    }

    @Test
    void aReaderNeverSeesMoreThanItAskedFor() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            Memtable memtable = new Memtable(arena.allocate(64L << 20, 8), new byte[0]);
            byte[] key = IndexKey.of(0, new byte[] {'k'});
            add(memtable, key, 1);
            AtomicLong visible = new AtomicLong(1);
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
                while (!done.get()) {
                    long asked = visible.get();
                    IndexEntry entry = memtable.get(key, asked);
                    long found = entry == null ? -1 : entry.revision();
                    if (found != asked) {
                        throw new AssertionError("revision " + found + " instead of " + asked);
                    }
                }
            });
            for (long revision = 2; revision < ENTRIES && !reader.isDone(); revision++) {
                add(memtable, key, revision);
                visible.set(revision);
            }
            done.set(true);
            reader.get();
        }
    }

    @Test
    void aCursorNeverBeginsBelowItsStart() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            Memtable memtable = new Memtable(arena.allocate(64L << 20, 8), new byte[0]);
            byte[] start = IndexKey.of(0, new byte[] {'s'});
            add(memtable, IndexKey.of(0, new byte[] {'t'}), 1);
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
                IndexCursor cursor = memtable.cursor();
                while (!done.get()) {
                    if (!seek(cursor, start)
                            || Arrays.compareUnsigned(cursor.keyBytes(), 0, cursor.keyLength(), start, 0, start.length)
                                    < 0) {
                        throw new AssertionError("a cursor began below its start");
                    }
                }
            });
            for (int i = 0; i < ENTRIES && !reader.isDone(); i++) {
                byte[] user = ByteBuffer.allocate(5).put((byte) 'r').putInt(i).array();
                add(memtable, IndexKey.of(0, user), i);
            }
            done.set(true);
            reader.get();
        }
    }

    private static boolean seek(IndexCursor cursor, byte[] start) {
        try {
            return cursor.seek(start);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
