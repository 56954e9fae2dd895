package dev.varve.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Request line and header section of one request, as far as this server acts on them.
 *
 * @param length how many bytes they took, with the empty line
 * @param method the method
 * @param path the path of the target, still percent-encoded; {@code *} and the authority form stand here as they are
 * @param rawQuery the query of the target as it was sent, one character for each byte
 * @param http10 true for HTTP/1.0, false for HTTP/1.1
 * @param keepAlive true if the client wants to send more on this connection
 * @param contentLength length of the body in bytes; 0 if there is none; -1 if it is chunked
 * @param expectsContinue true if the client waits for {@code 100 Continue} before it sends the body
 * @param accept the {@code Accept} header, or null
 */
public record RequestHead(
        int length,
        HttpMethod method,
        String path,
        String rawQuery,
        boolean http10,
        boolean keepAlive,
        long contentLength,
        boolean expectsContinue,
        @Nullable String accept) {

    /**
     * The parameters of the target.
     *
     * @throws ProblemException if an escape is malformed; the request behind this one can be read all the same
     */
    public QueryParameters query() {
        return QueryParameters.parse(rawQuery);
    }

    /** True if the body comes in chunks. */
    public boolean chunked() {
        return contentLength < 0;
    }

    /** True if a body follows. */
    public boolean hasBody() {
        return contentLength != 0;
    }
}
