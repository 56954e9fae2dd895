package dev.varve.testkit;

import dev.varve.storage.format.FileName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One call on a {@link SimulatedFileSystem}.
 *
 * @param kind which
 * @param path the file or directory
 * @param target the new path of a renamed file, or the second one of a linked file, else null
 * @param position where in the file; the new size for a truncation or preallocation; else -1
 * @param length how many bytes, or -1
 * @param thread the name of the thread that calls
 */
public record IoCall(CallKind kind, Path path, @Nullable Path target, long position, long length, String thread) {

    static IoCall of(CallKind kind, Path path) {
        return of(kind, path, -1, -1);
    }

    static IoCall of(CallKind kind, Path path, long position, long length) {
        return new IoCall(
                kind, path, null, position, length, Thread.currentThread().getName());
    }

    static IoCall of(CallKind kind, Path from, Path to) {
        return new IoCall(kind, from, to, -1, -1, Thread.currentThread().getName());
    }

    /** The call as a line of a trace; the ids of files are reduced to the part that counts, so that traces can be compared. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(kind.word());
        line.append(' ').append(normalised(path));
        if (target != null) {
            line.append(' ').append(normalised(target));
        }
        if (length >= 0) {
            line.append(" +").append(length);
        }
        if (position >= 0) {
            line.append(" @").append(position);
        }
        return line.toString();
    }

    private static String normalised(Path path) {
        String name = String.valueOf(path.getFileName());
        boolean temporary = name.endsWith(FileName.TEMPORARY_SUFFIX);
        String stem = temporary ? name.substring(0, name.length() - FileName.TEMPORARY_SUFFIX.length()) : name;
        return FileName.parse(stem)
                        .map(parsed -> Integer.toUnsignedString(FileName.count(parsed.id())) + "."
                                + parsed.kind().suffix())
                        .orElse(stem)
                + (temporary ? FileName.TEMPORARY_SUFFIX : "");
    }
}
