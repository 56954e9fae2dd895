package dev.varve.storage.index.offences;

/** A class of a higher layer, for one of a lower layer to use. */
public final class Higher {
    private Higher() {}
}
