package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A revision as answers tell it by {@code Varve-Revision}.
 *
 * @param incarnation of the store that counted it
 */
record RevisionToken(long incarnation, long revision) {

    private static final Pattern FORM = Pattern.compile("([0-9a-f]{1,16})-([0-9]{1,18})");

    /** @throws ProblemException if the text is none */
    static RevisionToken parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new ProblemException(
                    ErrorCode.MALFORMED_REQUEST,
                    "The Varve-Min-Revision is no revision.",
                    "Send back what an answer of this store gave as its Varve-Revision.");
        }
        return new RevisionToken(Long.parseUnsignedLong(form.group(1), 16), Long.parseLong(form.group(2)));
    }
}
