package dev.varve.storage.format;

import java.util.Optional;

/**
 * The name of a file of a store: its id as 16 hexadecimal digits, a dot, and its kind. Names are never reused.
 *
 * <p>The high 32 bits of an id are the origin, drawn at random by the node that founded or joined the store; the low 32
 * bits count the files that this node has made. So ids are unique among all replicas, and files may be shipped between them
 * under their own names.
 *
 * @param kind what the file is
 * @param id its id
 */
public record FileName(FileKind kind, long id) {

    /** The file whose lock says that a store is open. It has no header and no contents. */
    public static final String LOCK = "LOCK";
    /** The directory of what is being fetched from another member of the group; kept until it is whole. */
    public static final String INCOMING = "incoming";
    /** The directory of what is being sent to another member of the group; removed when a store is opened. */
    public static final String OUTGOING = "outgoing";
    /** What the name of a file that is still being written ends in; removed when a store is opened. */
    public static final String TEMPORARY_SUFFIX = ".tmp";

    /** The name as it stands in the directory. */
    @Override
    public String toString() {
        return String.format("%016x.%s", id, kind.suffix());
    }

    /** The id with the given origin and count. */
    public static long id(int origin, int count) {
        return ((long) origin << 32) | Integer.toUnsignedLong(count);
    }

    /** The part of an id that counts the files of its node. */
    public static int count(long id) {
        return (int) id;
    }

    /** The part of an id that tells its node. */
    public static int origin(long id) {
        return (int) (id >>> 32);
    }

    /** Parses a name, if it is one. */
    public static Optional<FileName> parse(String name) {
        if (name.length() < 18 || name.charAt(16) != '.') {
            return Optional.empty();
        }
        for (int i = 0; i < 16; i++) {
            char c = name.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return Optional.empty();
            }
        }
        for (FileKind kind : FileKind.values()) {
            if (name.substring(17).equals(kind.suffix())) {
                return Optional.of(new FileName(kind, Long.parseUnsignedLong(name.substring(0, 16), 16)));
            }
        }
        return Optional.empty();
    }
}
