package dev.varve.storage;

import org.jspecify.annotations.Nullable;

/** Told once how a submitted write ended. Called by the thread that commits: it must be quick and must not block or throw. */
@FunctionalInterface
public interface WriteCallback {

    /**
     * The write has ended.
     *
     * @param revision the revision of the write, if {@code failure} is null
     * @param failure why it failed, or null if it is as durable as was asked
     */
    void completed(long revision, @Nullable StoreException failure);
}
