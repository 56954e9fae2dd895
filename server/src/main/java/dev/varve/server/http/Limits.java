package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import dev.varve.storage.StoreOptions;

/** The refusals of what is too large: each names the limit, the actual size, and the option that raises the limit. */
final class Limits {

    private Limits() {}

    static ProblemException keyTooLarge(long actualBytes, StoreOptions limits) {
        return tooLarge(ErrorCode.KEY_TOO_LARGE, "The key has ", actualBytes, limits.maxKeyBytes(), "--max-key-bytes");
    }

    static ProblemException valueTooLarge(long actualBytes, StoreOptions limits) {
        return tooLarge(
                ErrorCode.VALUE_TOO_LARGE, "The value has ", actualBytes, limits.maxValueBytes(), "--max-value-bytes");
    }

    static ProblemException batchTooLarge(long actualBytes, StoreOptions limits) {
        return tooLarge(
                ErrorCode.BATCH_TOO_LARGE,
                "The changes of the batch, each of them its key, its value and " + StoreOptions.CHANGE_BYTES
                        + " bytes, have ",
                actualBytes,
                limits.maxBatchBytes(),
                "--max-batch-bytes");
    }

    /** The body of a batch as JSON may be twice as large as its keys and values: quotation marks and escapes take room. */
    static long batchBodyBytesMax(StoreOptions limits) {
        return 2L * limits.maxBatchBytes();
    }

    static ProblemException batchBodyTooLarge(long actualBytes, StoreOptions limits) {
        return tooLarge(
                ErrorCode.BATCH_TOO_LARGE,
                "The JSON of the batch has ",
                actualBytes,
                batchBodyBytesMax(limits),
                "--max-batch-bytes, which allows twice its value for the JSON");
    }

    /** A body on a route that takes none. */
    static ProblemException uselessBody(long limitBytes) {
        return new ProblemException(
                ErrorCode.TOO_LARGE,
                "This route takes no body, and throws away at most " + limitBytes + " bytes of one.",
                "Send the request without a body.");
    }

    private static ProblemException tooLarge(
            ErrorCode code, String what, long actualBytes, long limitBytes, String option) {
        return new ProblemException(
                code,
                what + (actualBytes < 0 ? "more than " + limitBytes : actualBytes) + " bytes; the limit is "
                        + limitBytes + " bytes.",
                "Send less, or start the server with a larger " + option + ".");
    }
}
