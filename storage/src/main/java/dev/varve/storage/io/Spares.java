package dev.varve.storage.io;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lends objects that are costly to make to whoever needs one for a moment, so that reading makes no garbage. A fixed number is kept, however
 * many threads there are, which is what speaks against thread-locals where threads are virtual. Thread-safe.
 *
 * @param <T> what is lent; not thread-safe itself
 */
public final class Spares<T> {

    /** More than there are processors, since those who wait for the disk keep what they were lent. */
    private static final int SLOTS = 64;

    /** Slots that different threads use lie in different lines of the processors' caches. */
    private static final int SPACING = 16;

    private final Supplier<T> maker;
    private final AtomicReferenceArray<@Nullable T> idle;
    private final int mask;

    /** @param maker makes one where none is idle */
    public Spares(Supplier<T> maker) {
        int slots =
                Math.max(SLOTS, Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1) << 1);
        this.maker = maker;
        this.idle = new AtomicReferenceArray<>(SPACING * slots);
        this.mask = slots - 1;
    }

    private int slot() {
        return SPACING * ((int) Thread.currentThread().threadId() & mask);
    }

    /** Lends one, which is the caller's alone until it is given back. */
    public T take() {
        T spare = idle.getAndSet(slot(), null);
        return spare == null ? maker.get() : spare;
    }

    /** Takes one back. */
    public void giveBack(T spare) {
        idle.setRelease(slot(), spare);
    }

    /** Forgets those that are idle. */
    public void clear() {
        for (int slot = 0; slot < idle.length(); slot += SPACING) {
            idle.set(slot, null);
        }
    }
}
