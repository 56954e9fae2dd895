package dev.varve.cli.bench;

/** Which keys are asked for. */
enum KeyDistribution {
    /** Each as often as any other. */
    UNIFORM,
    /** A few very often: the k-th most frequent with a probability that falls like k to the power of -0.99. */
    ZIPFIAN,
    /** One after the other. */
    SEQUENTIAL,
    /** Writes make new keys, reads ask mostly for the newest. */
    LATEST
}
