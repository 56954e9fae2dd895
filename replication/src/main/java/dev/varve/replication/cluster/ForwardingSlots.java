package dev.varve.replication.cluster;

import dev.varve.replication.sequencer.RequestId;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Names for the commands that a node forwards. Each slot names one command at a time, and is free again when that one is answered; its
 * numbers ascend, so that what the network has delayed cannot be taken for the slot's present command, and the leader remembers no more
 * than one command for each slot. Not thread-safe.
 */
final class ForwardingSlots {

    private final long session;
    private final int capacity;
    private final Deque<Integer> free = new ArrayDeque<>();
    private int used;
    private long lastNumber;

    /** @param session a number that no other node, and no earlier process of this one, has drawn */
    ForwardingSlots(long session, int capacity) {
        this.session = session;
        this.capacity = capacity;
    }

    /** A slot with the name of its next command, or null if all are taken. */
    @Nullable
    Slot take() {
        Integer known = free.poll();
        if (known == null && used == capacity) {
            return null;
        }
        int slot = known == null ? used++ : known;
        return new Slot(slot, RequestId.ofNode(session, slot, ++lastNumber));
    }

    /** The command in this slot is answered. */
    void free(Slot slot) {
        free.push(slot.number());
    }

    /** A taken slot. */
    record Slot(int number, RequestId id) {}
}
