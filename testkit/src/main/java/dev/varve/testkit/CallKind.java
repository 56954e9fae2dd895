package dev.varve.testkit;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The calls of a {@link dev.varve.storage.io.FileSystem} and its files. */
public enum CallKind {
    CREATE(true),
    OPEN(false),
    OPEN_FOR_READ(false),
    EXISTS(false),
    LIST(false),
    CREATE_DIRECTORIES(true),
    DELETE(true),
    LINK(true),
    RENAME(true),
    SYNC_DIRECTORY(true),
    USABLE_BYTES(false),
    LOCK(true),
    UNLOCK(false),
    READ(false),
    READ_RESIDENT(false),
    WRITE(true),
    SYNC(true),
    SIZE(false),
    TRUNCATE(true),
    PREALLOCATE(true),
    CLOSE(false);

    /** Every kind. */
    public static final Set<CallKind> ALL = Collections.unmodifiableSet(EnumSet.allOf(CallKind.class));
    /** The kinds that change what is stored, or make it durable. */
    public static final Set<CallKind> CHANGES = changes();

    private final boolean change;

    CallKind(boolean change) {
        this.change = change;
    }

    private static Set<CallKind> changes() {
        EnumSet<CallKind> changes = EnumSet.allOf(CallKind.class);
        changes.removeIf(kind -> !kind.change);
        return Collections.unmodifiableSet(changes);
    }

    /** The word for it in a trace. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace("_", "");
    }
}
