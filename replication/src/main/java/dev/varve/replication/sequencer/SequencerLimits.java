package dev.varve.replication.sequencer;

/**
 * How much may be in flight. A command is in flight from its submission to its answer; beyond either bound commands are
 * refused with {@link dev.varve.storage.StoreException.Kind#OVERLOADED}.
 *
 * @param maxCommands commands in flight, at least 1. Each takes some 200 bytes besides its own. 65,536
 * @param maxBytes bytes of their keys and values, at least 1; the memory is twice that, as each is held encoded as well. A
 *     single command is taken even if it alone is larger, so that the bound never makes a legal batch impossible. 64 MiB
 * @param maxRequests requests of clients whose answers are remembered at once, at least 1; each takes some 100 bytes of disk for one to two
 *     hours. 1,000,000
 */
public record SequencerLimits(int maxCommands, long maxBytes, int maxRequests) {

    private static final SequencerLimits DEFAULTS = new SequencerLimits(1 << 16, 64L << 20, 1_000_000);

    public SequencerLimits {
        if (maxCommands < 1 || maxBytes < 1 || maxRequests < 1) {
            throw new IllegalArgumentException("maxCommands is " + maxCommands + ", maxBytes is " + maxBytes
                    + " and maxRequests is " + maxRequests + ", but each must be at least 1");
        }
    }

    /** The defaults, as the parameters state them. */
    public static SequencerLimits defaults() {
        return DEFAULTS;
    }
}
