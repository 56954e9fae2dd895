package dev.varve.replication.sequencer;

import dev.varve.storage.Mutation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What lies over the applied state: for each key the newest write that is not committed yet (whether the key is there after
 * it, not its value), and the commands that wait their turn on the key. Confined to the lock of the sequencer.
 *
 * <p>Invariant: a key is here exactly as long as it has a pending write or a waiting command.
 */
final class Overlay {

    private final Map<HeldKey, HeldKey> keys = new HashMap<>();

    /** The key if it is held, else null. */
    @Nullable
    HeldKey find(byte[] key) {
        return keys.isEmpty() ? null : keys.get(new HeldKey(key));
    }

    int size() {
        return keys.size();
    }

    /** Lays the effects of a write that was just proposed over everything before it. */
    void enter(PendingCommand write) {
        List<Mutation> mutations = write.command.effects().mutations();
        HeldKey[] written = new HeldKey[mutations.size()];
        for (int i = 0; i < written.length; i++) {
            Mutation mutation = mutations.get(i);
            HeldKey held = hold(mutation.key());
            held.writer = write;
            held.exists = mutation instanceof Mutation.Put;
            written[i] = held;
        }
        write.written = written;
    }

    /** Forgets a write that has ended: the applied state has it now, or it never will. */
    void forget(PendingCommand write) {
        for (HeldKey held : write.written) {
            if (held.writer == write) {
                held.writer = null;
                dropIfFree(held);
            }
        }
    }

    /** True if a command waits on one of the keys that this one names. */
    boolean hasWaiting(Command command) {
        for (Condition condition : command.conditions()) {
            if (hasWaiting(condition.key())) {
                return true;
            }
        }
        for (Mutation mutation : command.effects().mutations()) {
            if (hasWaiting(mutation.key())) {
                return true;
            }
        }
        return false;
    }

    private boolean hasWaiting(byte[] key) {
        HeldKey held = find(key);
        return held != null && held.queue != null;
    }

    /** Lets a command queue on every key that it names. */
    void enqueue(PendingCommand command) {
        List<HeldKey> queuedOn = new ArrayList<>();
        for (Condition condition : command.command.conditions()) {
            enqueue(command, condition.key(), queuedOn);
        }
        for (Mutation mutation : command.command.effects().mutations()) {
            enqueue(command, mutation.key(), queuedOn);
        }
        command.queuedOn = queuedOn;
    }

    private void enqueue(PendingCommand command, byte[] key, List<HeldKey> queuedOn) {
        HeldKey held = hold(key);
        if (held.queue == null) {
            held.queue = new ArrayDeque<>(2);
        } else if (held.queue.peekLast() == command) {
            return; // It names the key more than once.
        } else {
            command.behind++;
        }
        held.queue.addLast(command);
        queuedOn.add(held);
    }

    /** Takes a command whose turn it is from all its queues; those whose turn it is now are added to {@code ready}. */
    void dequeue(PendingCommand command, ArrayDeque<PendingCommand> ready) {
        for (HeldKey held : command.queuedOn) {
            ArrayDeque<PendingCommand> queue = held.queue;
            if (queue == null || queue.pollFirst() != command) {
                throw new IllegalStateException("a command left a queue in which it was not the first");
            }
            PendingCommand next = queue.peekFirst();
            if (next == null) {
                held.queue = null;
                dropIfFree(held);
            } else if (--next.behind == 0) {
                ready.add(next);
            }
        }
        command.queuedOn = List.of();
    }

    /** Forgets everything, and returns the commands that waited, each once, in no order. */
    List<PendingCommand> clear() {
        List<PendingCommand> waiting = new ArrayList<>();
        for (HeldKey held : keys.values()) {
            if (held.queue != null) {
                for (PendingCommand command : held.queue) {
                    if (!command.queuedOn.isEmpty()) {
                        command.queuedOn = List.of();
                        waiting.add(command);
                    }
                }
            }
            held.queue = null;
            held.writer = null;
        }
        keys.clear();
        return waiting;
    }

    private HeldKey hold(byte[] key) {
        HeldKey candidate = new HeldKey(key);
        HeldKey present = keys.putIfAbsent(candidate, candidate);
        return present == null ? candidate : present;
    }

    private void dropIfFree(HeldKey held) {
        if (held.isFree()) {
            keys.remove(held);
        }
    }
}
