package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import dev.varve.protocol.QueryParameters;
import dev.varve.storage.Durability;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants of its write besides the write.
 *
 * @param durability how far it must have come when it is answered, or null for the default
 * @param idempotencyKey the name by which a repetition is known, or null
 * @param onlyIfAbsent true if the key must not be there
 */
@SuppressWarnings("ArrayRecordComponent") // It is never compared.
record WriteTerms(@Nullable Durability durability, byte @Nullable [] idempotencyKey, boolean onlyIfAbsent) {

    static final WriteTerms DEFAULT = new WriteTerms(null, null, false);

    private static final int IDEMPOTENCY_KEY_CHARACTERS_MAX = 128;

    /**
     * What the head of a request says of it.
     *
     * @param conditional true for a write that can be made to depend on its key
     */
    static WriteTerms of(QueryParameters query, RequestHead head, boolean conditional) {
        String name = head.idempotencyKey();
        return new WriteTerms(
                durability(query), name == null ? null : key(name), onlyIfAbsent(head.ifNoneMatch(), conditional));
    }

    private static boolean onlyIfAbsent(@Nullable String condition, boolean conditional) {
        if (condition == null) {
            return false;
        }
        if (!conditional || !condition.equals("*")) {
            throw new ProblemException(
                    ErrorCode.MALFORMED_REQUEST,
                    "The only condition of a write that is understood is \"If-None-Match: *\" with /put.",
                    "Send the request without If-None-Match; nothing was changed.");
        }
        return true;
    }

    /** The name of a durability in parameters and answers. */
    static String name(Durability durability) {
        return switch (durability) {
            case MAJORITY -> "majority";
            case LEADER -> "leader";
            case ACCEPTED -> "accepted";
        };
    }

    private static @Nullable Durability durability(QueryParameters query) {
        String text = query.optionalText("durability");
        if (text == null) {
            return null;
        }
        for (Durability each : Durability.values()) {
            if (name(each).equals(text)) {
                return each;
            }
        }
        throw new ProblemException(
                ErrorCode.MALFORMED_PARAMETER,
                "The query parameter \"durability\" is none that is known.",
                "Give majority, leader or accepted, or leave it out for majority.");
    }

    private static byte[] key(String text) {
        boolean fits = !text.isEmpty()
                && text.length() <= IDEMPOTENCY_KEY_CHARACTERS_MAX
                && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (!fits) {
            throw new ProblemException(
                    ErrorCode.MALFORMED_REQUEST,
                    "The Idempotency-Key has not 1 to " + IDEMPOTENCY_KEY_CHARACTERS_MAX
                            + " visible characters of ASCII, or is there twice.",
                    "Send one such key, a new one for each request, such as a UUID.");
        }
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
