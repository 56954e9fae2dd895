package dev.varve.storage.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/** Tells apart the errors of the operating system that are handled in different ways. */
public final class Trouble {

    private Trouble() {}

    /** A lack of space or quota. */
    public static final class DiskFullException extends IOException {

        private static final long serialVersionUID = 1L;

        public DiskFullException(String message) {
            super(message);
        }
    }

    /** True if the error, or what caused it, is a lack of space or quota. */
    public static boolean isDiskFull(@Nullable Throwable error) {
        for (Throwable t = error; t != null; t = t.getCause()) {
            if (t instanceof DiskFullException) {
                return true;
            }
            String message = t.getMessage();
            if (message != null
                    && t instanceof IOException
                    && (message.contains("No space left on device") || message.contains("Disk quota exceeded"))) {
                return true;
            }
        }
        return false;
    }

    /** A sentence about an error for people: those of the file system often say only a path. */
    public static String describe(IOException error) {
        String message = error.getMessage();
        return switch (error) {
            case AccessDeniedException denied -> "permission denied for " + denied.getFile();
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case NotDirectoryException wrong -> wrong.getFile() + " is not a directory";
            case FileAlreadyExistsException there ->
                there.getFile() + " is in the way: it exists and is not a directory";
            default -> message == null ? error.toString() : message;
        };
    }
}
