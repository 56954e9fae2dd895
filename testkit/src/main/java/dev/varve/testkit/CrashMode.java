package dev.varve.testkit;

/**
 * What a power cut leaves of that which was not synced. A device writes back what it likes, when it likes; these are the
 * corners of that space and its middle.
 */
public enum CrashMode {
    /** Nothing: names, sizes and bytes are those of the last syncs. */
    FORGET_UNSYNCED(0, 0, 0),
    /** Names and sizes, as from the journal of the file system, but hardly any bytes. */
    MOSTLY_LOST(0.5, 0.5, 0.1),
    /** Each change of a name, each sector, by the toss of a coin. */
    HALF_LOST(0.5, 0.5, 0.5),
    /** Nearly everything; there are holes in what was written last. */
    MOSTLY_KEPT(0.9, 0.9, 0.9),
    /** Names and sizes, and none of the bytes: a renamed file is found full of zeroes. */
    NAMES_WITHOUT_BYTES(1, 1, 0),
    /** All bytes, but no name that was not synced. */
    BYTES_WITHOUT_NAMES(0, 1, 1);

    private final double names;
    private final double sizes;
    private final double sectors;

    CrashMode(double names, double sizes, double sectors) {
        this.names = names;
        this.sizes = sizes;
        this.sectors = sectors;
    }

    /** The chance that an unsynced change of a directory survives. */
    double names() {
        return names;
    }

    /** The chance that the newest size of a file survives. */
    double sizes() {
        return sizes;
    }

    /** The chance that an unsynced sector survives. */
    double sectors() {
        return sectors;
    }
}
