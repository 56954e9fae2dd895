package dev.varve.testkit;

import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong on a {@link SimulatedFileSystem}, and when. Rules count the calls that they match from the moment they
 * are made, beginning with 1; the first rule that strikes decides. Thread-safe.
 */
public final class FaultPlan {

    private final List<Rule> rules = new ArrayList<>();
    private boolean lyingSyncs;
    private boolean crashed;

    /** What a call meets. */
    sealed interface Fault {
        /** The call throws; of a write the given share of the bytes is written before. */
        record Fail(IOException error, double writtenShare) implements Fault {}

        /** The machine stops; of a write the given share of the bytes is written before. */
        record Crash(double writtenShare) implements Fault {}

        /** The call does nothing and says that all is well. */
        record Lie() implements Fault {}
    }

    private static final class Rule {
        private final Predicate<IoCall> calls;
        private final long first;
        private final long last;
        private final Supplier<? extends Fault> fault;
        private long matched;

        Rule(Predicate<IoCall> calls, long first, long last, Supplier<? extends Fault> fault) {
            this.calls = calls;
            this.first = first;
            this.last = last;
            this.fault = fault;
        }

        boolean strikes(IoCall call) {
            if (!calls.test(call)) {
                return false;
            }
            matched++;
            return matched >= first && matched <= last;
        }
    }

    /** An input/output error of the device, as Java reports EIO. */
    public static IOException inputOutputError() {
        return new IOException("Input/output error");
    }

    /** A lack of space, as Java reports ENOSPC. */
    public static IOException noSpace() {
        return new IOException("No space left on device");
    }

    /** A lack of space as the store's own calls report it. */
    public static IOException diskFull() {
        return new Trouble.DiskFullException("No space left on device");
    }

    /** Matches calls of these kinds. */
    public static Predicate<IoCall> kinds(Set<CallKind> kinds) {
        return call -> kinds.contains(call.kind());
    }

    /** Matches calls of these kinds on files whose names end so. */
    public static Predicate<IoCall> kinds(Set<CallKind> kinds, String suffix) {
        return call -> kinds.contains(call.kind()) && call.path().toString().endsWith(suffix);
    }

    /** The n-th of these calls fails and changes nothing; a sync that fails drops what it should have written. */
    public synchronized FaultPlan failOnce(Predicate<IoCall> calls, long nth, Supplier<IOException> error) {
        rules.add(new Rule(calls, nth, nth, () -> new Fault.Fail(error.get(), 0)));
        return this;
    }

    /** The n-th of these calls and all later ones fail. */
    public synchronized FaultPlan failFrom(Predicate<IoCall> calls, long nth, Supplier<IOException> error) {
        rules.add(new Rule(calls, nth, Long.MAX_VALUE, () -> new Fault.Fail(error.get(), 0)));
        return this;
    }

    /** The n-th of these writes writes a share of its bytes, from 0 to 1, and fails. */
    public synchronized FaultPlan tearOnce(
            Predicate<IoCall> calls, long nth, double share, Supplier<IOException> error) {
        rules.add(new Rule(calls, nth, nth, () -> new Fault.Fail(error.get(), share)));
        return this;
    }

    /**
     * At the n-th of these calls the machine stops; a write has then written a share of its bytes, from 0 to 1. Every later
     * call, of whatever kind, throws {@link SimulatedCrash} too.
     */
    public synchronized FaultPlan crashAt(Predicate<IoCall> calls, long nth, double share) {
        rules.add(new Rule(calls, nth, nth, () -> new Fault.Crash(share)));
        return this;
    }

    /** From now on syncs, of files and directories, do nothing and succeed: the negative control of a durability test. */
    public synchronized FaultPlan lieAboutSyncs() {
        lyingSyncs = true;
        return this;
    }

    /** Nothing goes wrong any more, except that a crashed machine stays so. */
    public synchronized void heal() {
        rules.clear();
        lyingSyncs = false;
    }

    /** True if the machine has stopped. */
    public synchronized boolean crashed() {
        return crashed;
    }

    /** Stops the machine: every call from now on throws {@link SimulatedCrash}. */
    public synchronized void crash() {
        crashed = true;
    }

    /** What this call meets, or null. */
    synchronized @Nullable Fault meets(IoCall call) {
        if (crashed) {
            throw new SimulatedCrash("the machine has stopped: " + call);
        }
        Fault met = null;
        for (Rule rule : rules) {
            if (rule.strikes(call) && met == null) {
                met = rule.fault.get();
            }
        }
        if (met == null && lyingSyncs && (call.kind() == CallKind.SYNC || call.kind() == CallKind.SYNC_DIRECTORY)) {
            return new Fault.Lie();
        }
        return met;
    }
}
