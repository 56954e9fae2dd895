package dev.varve.testkit.network;

/**
 * How one direction of a link does. What TCP hides is not to be had: bytes never go missing or change their order.
 *
 * @param cut nothing passes; what is sent meanwhile passes later
 * @param delayNanos what each piece of up to 64 KiB waits, one after the other
 * @param jitterNanos up to so much more, drawn anew for each piece
 * @param bytesPerSecond how fast it is; 0: as fast as it goes
 * @param resetShare of the pieces, 0 to 1, the share at which the connection is reset
 * @param repeatShare of the frames, 0 to 1, the share that arrive twice; only where the proxy knows frames
 */
public record Conditions(
        boolean cut, long delayNanos, long jitterNanos, long bytesPerSecond, double resetShare, double repeatShare) {

    /** Everything passes at once. */
    public static final Conditions GOOD = new Conditions(false, 0, 0, 0, 0, 0);

    /** Nothing passes. */
    public static final Conditions CUT = new Conditions(true, 0, 0, 0, 0, 0);

    public static Conditions delayed(long delayNanos, long jitterNanos) {
        return new Conditions(false, delayNanos, jitterNanos, 0, 0, 0);
    }

    public static Conditions slow(long bytesPerSecond) {
        return new Conditions(false, 0, 0, bytesPerSecond, 0, 0);
    }

    public static Conditions resetting(double share) {
        return new Conditions(false, 0, 0, 0, share, 0);
    }

    public static Conditions repeating(double share) {
        return new Conditions(false, 0, 0, 0, 0, share);
    }
}
