package dev.varve.replication.sequencer;

import dev.varve.storage.KeyRange;
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

    /** Pending writes that remove ranges, in the order of their proposals. */
    private final List<PendingCommand> removers = new ArrayList<>();

    /** Waiting commands that remove ranges, in the order of their arrival. */
    private final List<PendingCommand> waitingRemovers = new ArrayList<>();

    /** The key as the newest pending write leaves it, if there is one or a command waits for the key; else null. */
    @Nullable
    HeldKey find(Condition condition) {
        HeldKey held = named(HeldKey.of(condition));
        byte[] key = condition.key();
        PendingCommand remover = condition instanceof Condition.Unanswered ? null : lastRemover(key);
        boolean writtenLater =
                remover != null && held != null && held.writer != null && held.writer.sequence >= remover.sequence;
        return remover == null || writtenLater ? held : HeldKey.removed(key, remover);
    }

    private @Nullable HeldKey named(HeldKey probe) {
        return keys.isEmpty() ? null : keys.get(probe);
    }

    private @Nullable PendingCommand lastRemover(byte[] key) {
        for (int i = removers.size() - 1; i >= 0; i--) {
            if (removers.get(i).removes(key)) {
                return removers.get(i);
            }
        }
        return null;
    }

    int size() {
        return keys.size();
    }

    /** Lays the effects of a write that was just proposed over everything before it. */
    void enter(PendingCommand write) {
        List<Mutation> mutations = write.effects().mutations();
        boolean removes = !write.ranges.isEmpty() && !mutations.isEmpty();
        RequestNote note = write.note;
        HeldKey[] written =
                new HeldKey[mutations.size() - (removes ? write.ranges.size() : 0) + (note == null ? 0 : 1)];
        int n = 0;
        for (Mutation mutation : mutations) {
            switch (mutation) {
                case Mutation.OfKey change -> {
                    HeldKey held = hold(new HeldKey(change.key()));
                    held.writer = write;
                    held.exists = mutation instanceof Mutation.Put;
                    written[n++] = held;
                }
                case Mutation.DeleteRange delete -> {
                    for (int i = 0; i < n; i++) {
                        written[i].exists &= !delete.range().contains(written[i].key);
                    }
                }
            }
        }
        if (note != null) {
            HeldKey held = hold(HeldKey.of(note));
            held.writer = write;
            held.exists = true;
            written[n] = held;
        }
        write.written = written;
        if (removes) {
            removers.add(write);
        }
    }

    /** Forgets a write that has ended: the applied state has it now, or it never will. */
    void forget(PendingCommand write) {
        for (HeldKey held : write.written) {
            if (held.writer == write) {
                held.writer = null;
                dropIfFree(held);
            }
        }
        if (!write.ranges.isEmpty()) {
            removers.remove(write);
        }
    }

    /** True if a command waits on one of the keys that this one names. */
    boolean hasWaiting(PendingCommand command) {
        for (PendingCommand remover : waitingRemovers) {
            if (meet(command, remover)) {
                return true;
            }
        }
        for (Condition condition : command.conditions) {
            if (hasWaiting(HeldKey.of(condition))) {
                return true;
            }
        }
        for (Mutation mutation : command.command.effects().mutations()) {
            if (mutation instanceof Mutation.OfKey change && hasWaiting(new HeldKey(change.key()))) {
                return true;
            }
        }
        return !waitingIn(command.ranges).isEmpty();
    }

    private boolean hasWaiting(HeldKey probe) {
        HeldKey held = named(probe);
        return held != null && held.queue != null;
    }

    /** The keys in some ranges on which commands wait. Looks at every key that is held: ranges are seldom removed. */
    private List<HeldKey> waitingIn(List<KeyRange> ranges) {
        return ranges.isEmpty()
                ? List.of()
                : keys.values().stream()
                        .filter(held -> held.queue != null
                                && !held.system
                                && ranges.stream().anyMatch(range -> range.contains(held.key)))
                        .toList();
    }

    /** True if a command names a key in one of the ranges of another. */
    private static boolean meet(PendingCommand command, PendingCommand remover) {
        for (Condition condition : command.command.conditions()) {
            if (remover.removes(condition.key())) {
                return true;
            }
        }
        for (Mutation mutation : command.command.effects().mutations()) {
            boolean met = switch (mutation) {
                case Mutation.OfKey change -> remover.removes(change.key());
                case Mutation.DeleteRange delete -> remover.ranges.stream().anyMatch(delete.range()::overlaps);
            };
            if (met) {
                return true;
            }
        }
        return false;
    }

    /** Lets a command queue on every key that it names. */
    void enqueue(PendingCommand command) {
        List<HeldKey> queuedOn = new ArrayList<>();
        for (Condition condition : command.conditions) {
            enqueue(command, HeldKey.of(condition), queuedOn);
        }
        for (Mutation mutation : command.command.effects().mutations()) {
            if (mutation instanceof Mutation.OfKey change) {
                enqueue(command, new HeldKey(change.key()), queuedOn);
            }
        }
        for (HeldKey held : waitingIn(command.ranges)) {
            enqueue(command, held, queuedOn);
        }
        for (PendingCommand remover : waitingRemovers) {
            if (meet(command, remover)) {
                remover.addBlocked(command);
                command.behind++;
            }
        }
        if (!command.ranges.isEmpty()) {
            waitingRemovers.add(command);
        }
        command.queuedOn = queuedOn;
        command.waiting = true;
    }

    private void enqueue(PendingCommand command, HeldKey key, List<HeldKey> queuedOn) {
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
        for (PendingCommand next : command.blocked) {
            if (--next.behind == 0) {
                ready.add(next);
            }
        }
        if (!command.ranges.isEmpty()) {
            waitingRemovers.remove(command);
        }
        endWait(command);
    }

    private static void endWait(PendingCommand command) {
        command.waiting = false;
        command.queuedOn = List.of();
        command.blocked = List.of();
    }

    /** Forgets everything, and returns the commands that waited, each once, in no order. */
    List<PendingCommand> clear() {
        List<PendingCommand> waiting = new ArrayList<>();
        for (HeldKey held : keys.values()) {
            if (held.queue != null) {
                for (PendingCommand command : held.queue) {
                    endWait(command, waiting);
                }
            }
            held.queue = null;
            held.writer = null;
        }
        waitingRemovers.forEach(command -> endWait(command, waiting));
        waitingRemovers.clear();
        removers.clear();
        keys.clear();
        return waiting;
    }

    private static void endWait(PendingCommand command, List<PendingCommand> ended) {
        if (command.waiting) {
            endWait(command);
            ended.add(command);
        }
    }

    private HeldKey hold(HeldKey candidate) {
        HeldKey present = keys.putIfAbsent(candidate, candidate);
        return present == null ? candidate : present;
    }

    private void dropIfFree(HeldKey held) {
        if (held.isFree()) {
            keys.remove(held);
        }
    }
}
