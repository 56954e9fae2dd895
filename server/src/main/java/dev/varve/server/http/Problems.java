package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.storage.StoreException;

/** What went wrong below, as it is told to a client. */
final class Problems {

    private static final String TRY_AGAIN = "Try again later; nothing was changed.";
    private static final String SEE_LOG = "See the log of the server.";

    private Problems() {}

    static Problem deleteOfMissingKey() {
        return new Problem(
                ErrorCode.DELETE_OF_MISSING_KEY,
                "The key cannot be deleted because it is not there.",
                "Check the key; nothing was changed.");
    }

    static Problem keyIsThere() {
        return new Problem(
                ErrorCode.PRECONDITION_FAILED,
                "There is such a key, and the request wants none (If-None-Match: *).",
                "Read the key, or store it without If-None-Match; nothing was changed.");
    }

    static Problem keyNotFound() {
        return new Problem(ErrorCode.KEY_NOT_FOUND, "There is no such key.", "Check the key; store it with PUT /put.");
    }

    static Problem otherIncarnation() {
        return new Problem(
                ErrorCode.MALFORMED_REQUEST,
                "The Varve-Min-Revision was counted by another store; revisions of different incarnations do not compare.",
                "Send back what an answer of this store gave as its Varve-Revision, or no Varve-Min-Revision.");
    }

    static Problem overloaded(String detail) {
        return new Problem(ErrorCode.OVERLOADED, detail, TRY_AGAIN);
    }

    static Problem deadlineExceeded() {
        return new Problem(
                ErrorCode.DEADLINE_EXCEEDED,
                "The deadline of the request passed before the store was asked, or before it could read.",
                "Try again later, or allow more time with ?timeout=; nothing was changed.");
    }

    static Problem outcomeUnknown() {
        return new Problem(
                ErrorCode.OUTCOME_UNKNOWN,
                "The deadline of the request passed while the write was on its way to the disk.",
                "Read the key to see whether it was made; a put may be sent again.");
    }

    static Problem shuttingDown() {
        return new Problem(ErrorCode.SHUTTING_DOWN, "The server is stopping and takes no more requests.", TRY_AGAIN);
    }

    static Problem internal() {
        return new Problem(ErrorCode.INTERNAL, "The server met a defect of its own.", SEE_LOG);
    }

    static Problem of(StoreException failure) {
        return switch (failure.kind()) {
            case INVALID_ARGUMENT ->
                new Problem(ErrorCode.INVALID_ARGUMENT, sentence(failure), "Correct the request; nothing was changed.");
            case TOO_LARGE ->
                new Problem(
                        ErrorCode.TOO_LARGE,
                        sentence(failure),
                        "Send less, or start the server with a larger limit; nothing was changed.");
            case DISK_FULL ->
                new Problem(
                        ErrorCode.DISK_FULL,
                        sentence(failure),
                        "Free space on the disk of the data directory; writing resumes by itself.");
            case OVERLOADED -> new Problem(ErrorCode.OVERLOADED, sentence(failure), TRY_AGAIN);
            case CLOSED -> shuttingDown();
            case LOG_FAILED ->
                new Problem(
                        ErrorCode.LOG_FAILED,
                        sentence(failure),
                        "Check the disk and restart the server; reads go on, nothing was changed.");
            case BLOCKED ->
                new Problem(
                        ErrorCode.STORE_BLOCKED,
                        sentence(failure),
                        "Check the disk and the log of the server; writing resumes by itself, nothing was changed.");
            case OUTCOME_UNKNOWN ->
                new Problem(
                        ErrorCode.OUTCOME_UNKNOWN,
                        sentence(failure),
                        "Read the key to see whether the write was made, once the server takes requests again.");
            case NO_LEADER -> new Problem(ErrorCode.NO_LEADER, sentence(failure), TRY_AGAIN);
            case REQUEST_REUSED ->
                new Problem(
                        ErrorCode.IDEMPOTENCY_KEY_REUSED,
                        sentence(failure),
                        "Give each request an Idempotency-Key of its own, and repeat one only with the same request.");
            case REQUEST_TABLE_FULL ->
                new Problem(
                        ErrorCode.TOO_MANY_IDEMPOTENCY_KEYS,
                        sentence(failure),
                        "Try again later, or send the request without an Idempotency-Key; nothing was changed.");
            case SNAPSHOT_EXPIRED ->
                new Problem(
                        ErrorCode.SNAPSHOT_EXPIRED,
                        sentence(failure),
                        "Read faster, or by pages (limit and after); or start the server with a larger --snapshot-age.");
            case CORRUPTION ->
                new Problem(
                        ErrorCode.CORRUPTION,
                        sentence(failure),
                        "Stop the server and run \"varve verify\" on its data directory; the rest stays readable.");
            case IO, LOCKED, UNUSABLE_DIRECTORY, UNSUPPORTED_VERSION ->
                new Problem(ErrorCode.READ_FAILED, sentence(failure), SEE_LOG);
        };
    }

    private static String sentence(StoreException failure) {
        String message = failure.getMessage();
        if (message == null || message.isEmpty()) {
            return failure.kind() + ".";
        }
        String text = Character.toUpperCase(message.charAt(0)) + message.substring(1);
        return text.endsWith(".") ? text : text + ".";
    }
}
