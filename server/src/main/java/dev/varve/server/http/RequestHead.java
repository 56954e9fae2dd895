package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import dev.varve.protocol.QueryParameters;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Request line and header section of one request, as far as this server acts on them.
 *
 * @param method the method
 * @param path the path of the target, still percent-encoded; {@code *} and the authority form stand here as they are
 * @param rawQuery the query of the target as it was sent, one character for each byte
 * @param http10 true for HTTP/1.0, false for HTTP/1.1
 * @param keepAlive true if the client wants to send more on this connection
 * @param contentLength length of the body in bytes; 0 if there is none; -1 if it is chunked
 * @param expectsContinue true if the client waits for {@code 100 Continue} before it sends the body
 * @param accept the {@code Accept} header, or null
 * @param idempotencyKey the {@code Idempotency-Key} header as it was sent, or null
 * @param ifNoneMatch the {@code If-None-Match} header as it was sent, or null
 * @param minRevision the {@code Varve-Min-Revision} header as it was sent, or null
 */
record RequestHead(
        String method,
        String path,
        String rawQuery,
        boolean http10,
        boolean keepAlive,
        long contentLength,
        boolean expectsContinue,
        @Nullable String accept,
        @Nullable String idempotencyKey,
        @Nullable String ifNoneMatch,
        @Nullable String minRevision) {

    private static final String REMEDY = "Send HTTP/1.1 as RFC 9112 has it; the connection is closed.";
    private static final int SHOWN_CHARACTERS_MAX = 200;
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final String IF_NONE_MATCH = "If-None-Match";
    private static final String MIN_REVISION = "Varve-Min-Revision";

    /**
     * Takes over what Netty has decoded, and refuses what two readers could understand differently and Netty has let
     * through: a missing, repeated or odd {@code Host}, control characters in the target, a transfer coding besides
     * {@code chunked}.
     *
     * @throws ProblemException if the request is refused; nothing behind it can be trusted then
     */
    static RequestHead of(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            throw notDecoded(request.decoderResult().cause());
        }
        HttpHeaders headers = request.headers();
        boolean http10 = isHttp10(request.protocolVersion());
        checkHost(headers, http10);
        boolean continueExpected = HttpUtil.is100ContinueExpected(request);
        if (!http10 && !continueExpected && headers.contains(HttpHeaderNames.EXPECT)) {
            throw new ProblemException(
                    ErrorCode.EXPECTATION_FAILED,
                    "The only expectation that is understood is 100-continue.",
                    "Send the request without this Expect header.");
        }
        long contentLength = bodyLength(headers);
        String target = request.uri();
        int pathFrom = pathStart(target);
        int pathTo = pathEnd(target, pathFrom);
        return new RequestHead(
                request.method().name(),
                pathFrom == pathTo ? "/" : target.substring(pathFrom, pathTo),
                pathTo < target.length() ? target.substring(pathTo + 1) : "",
                http10,
                HttpUtil.isKeepAlive(request),
                contentLength,
                continueExpected && contentLength != 0,
                accept(headers),
                only(headers, IDEMPOTENCY_KEY),
                only(headers, IF_NONE_MATCH),
                only(headers, MIN_REVISION));
    }

    /**
     * The parameters of the target.
     *
     * @throws ProblemException if an escape is malformed; the request behind this one can be read all the same
     */
    QueryParameters query() {
        return QueryParameters.parse(rawQuery);
    }

    /** True if the answer has no body. */
    boolean headOnly() {
        return method.equals("HEAD");
    }

    /** True if a body follows. */
    boolean hasBody() {
        return contentLength != 0;
    }

    /** What is wrong with a chunked body that Netty could not decode. */
    static ProblemException bodyNotDecoded(Throwable cause) {
        return malformed("The chunked body cannot be decoded: " + shown(cause));
    }

    private static ProblemException notDecoded(Throwable cause) {
        String detail = "The head of the request cannot be decoded: " + shown(cause);
        return switch (cause) {
            case TooLongHttpLineException _ -> tooLong(ErrorCode.URI_TOO_LONG, detail);
            case TooLongHttpHeaderException _ -> tooLong(ErrorCode.HEADERS_TOO_LARGE, detail);
            default -> malformed(detail);
        };
    }

    private static boolean isHttp10(HttpVersion version) {
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            throw new ProblemException(
                    ErrorCode.VERSION_NOT_SUPPORTED, "The version " + version + " is not supported.", REMEDY);
        }
        return version.equals(HttpVersion.HTTP_1_0);
    }

    private static void checkHost(HttpHeaders headers, boolean http10) {
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && !http10)) {
            throw malformed(hosts.isEmpty() ? "There is no Host." : "There is more than one Host.");
        }
        if (!hosts.isEmpty() && !isHost(hosts.getFirst())) {
            throw malformed("The Host is not a host with a port.");
        }
    }

    /** The length of the body; Netty has checked that it is one, and that a chunked body has none. */
    private static long bodyLength(HttpHeaders headers) {
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
                    String.join(",", headers.getAll(HttpHeaderNames.TRANSFER_ENCODING)))) {
                throw new ProblemException(
                        ErrorCode.NOT_IMPLEMENTED,
                        "The only transfer coding that is understood is chunked.",
                        "Send the body as it is, chunked or with a Content-Length.");
            }
            return -1;
        }
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    private static @Nullable String accept(HttpHeaders headers) {
        return headers.contains(HttpHeaderNames.ACCEPT)
                ? String.join(",", headers.getAll(HttpHeaderNames.ACCEPT))
                : null;
    }

    /** A header of which there may be one; several are joined by a control character, which whoever reads it refuses. */
    private static @Nullable String only(HttpHeaders headers, String name) {
        return headers.contains(name) ? String.join("\n", headers.getAll(name)) : null;
    }

    /** Where the path begins: in a target with scheme and host (absolute form) behind these. */
    private static int pathStart(String target) {
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        boolean absolute = scheme >= 0
                && ("http".equalsIgnoreCase(target.substring(0, scheme))
                        || "https".equalsIgnoreCase(target.substring(0, scheme)));
        if (!absolute) {
            return 0;
        }
        int at = scheme + 3;
        while (at < target.length() && target.charAt(at) != '/' && target.charAt(at) != '?') {
            at++;
        }
        return at;
    }

    /** Where the path ends and perhaps a query begins. */
    private static int pathEnd(String target, int pathFrom) {
        for (int i = 0; i < target.length(); i++) {
            if (isControlOrSpace(target.charAt(i))) {
                throw malformed("There is a control character in the target.");
            }
        }
        int query = target.indexOf('?', pathFrom);
        int end = query < 0 ? target.length() : query;
        if (target.lastIndexOf('#', end - 1) >= 0) {
            throw malformed("The target has a fragment; write a literal # as %23.");
        }
        return end;
    }

    private static boolean isHost(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (isControlOrSpace(c) || c == '/' || c == '@' || c == ',') {
                return false;
            }
        }
        return true;
    }

    private static boolean isControlOrSpace(char c) {
        return c <= ' ' || c == 0x7f;
    }

    private static ProblemException malformed(String detail) {
        return new ProblemException(ErrorCode.MALFORMED_REQUEST, detail, REMEDY);
    }

    private static ProblemException tooLong(ErrorCode code, String detail) {
        return new ProblemException(code, detail, "Send a shorter one; the limit is fixed. The connection is closed.");
    }

    /** The message of an exception, without all of what the client sent in it. */
    private static String shown(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return message.length() <= SHOWN_CHARACTERS_MAX ? message : message.substring(0, SHOWN_CHARACTERS_MAX) + "...";
    }
}
