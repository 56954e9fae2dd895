package dev.varve.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of an HTTP/1.0 or HTTP/1.1 request (RFC 9112), and refuses whatever two readers could understand
 * differently, because that is how requests are smuggled past proxies: lines that do not end in CR LF, folded lines, spaces
 * before a colon, control characters, a repeated or odd {@code Content-Length}, a {@code Content-Length} beside a
 * {@code Transfer-Encoding}, any transfer coding but {@code chunked}, and a missing or repeated {@code Host}.
 *
 * <p>Not thread-safe; one instance serves any number of connections of one thread.
 */
public final class RequestHeadParser {

    /** More header fields than this are refused. */
    public static final int HEADERS_MAX = 100;

    private static final String REMEDY = "Send HTTP/1.1 as RFC 9112 has it; the connection is closed.";
    private static final boolean[] TOKEN = tokenBytes();

    private final int lineBytesMax;
    private final int headBytesMax;

    private byte[] source = new byte[0];
    private int at;

    // What the header section has said so far.
    private long contentLength;
    private boolean chunked;
    private boolean close;
    private boolean keepAlive;
    private boolean expectsContinue;
    private boolean hosted;
    private @Nullable String accept;

    /**
     * A parser with these limits.
     *
     * @param lineBytesMax longest request line; beyond it 414
     * @param headBytesMax largest header section with its request line; beyond it 431
     */
    public RequestHeadParser(int lineBytesMax, int headBytesMax) {
        this.lineBytesMax = lineBytesMax;
        this.headBytesMax = headBytesMax;
    }

    /** As many bytes as a head can have before it is refused: a source need not be longer. */
    public int headBytesMax() {
        return headBytesMax;
    }

    /**
     * Reads one head.
     *
     * @return the head, or null if it is not there whole
     * @throws ProblemException if it is refused; nothing behind it can be trusted then
     */
    public @Nullable RequestHead parse(byte[] bytes, int from, int to) {
        reset(bytes, from);
        // A server is to ignore an empty line before the request line (RFC 9112, 2.2): old clients end a body with one.
        if (to - at >= 2 && bytes[at] == '\r' && bytes[at + 1] == '\n') {
            at += 2;
        }
        int lineFrom = at;
        int lineTo = lineEnd(lineFrom, to);
        if ((lineTo < 0 ? to : lineTo) - lineFrom > lineBytesMax) {
            throw tooLong(ErrorCode.URI_TOO_LONG, "The request line", lineBytesMax);
        }
        if (lineTo < 0) {
            return null;
        }
        for (int headers = 0; ; headers++) {
            int headerFrom = at;
            int headerTo = lineEnd(headerFrom, to);
            if ((headerTo < 0 ? to : at) - from > headBytesMax || headers > HEADERS_MAX) {
                throw tooLong(ErrorCode.HEADERS_TOO_LARGE, "The header section", headBytesMax);
            }
            if (headerTo < 0) {
                return null;
            }
            if (headerTo == headerFrom) {
                return head(from, lineFrom, lineTo);
            }
            header(headerFrom, headerTo);
        }
    }

    private void reset(byte[] bytes, int from) {
        source = bytes;
        at = from;
        contentLength = -1;
        chunked = false;
        close = false;
        keepAlive = false;
        expectsContinue = false;
        hosted = false;
        accept = null;
    }

    /** The end of the line that begins at {@code from}, without CR LF, or -1; moves {@code at} behind the line. */
    private int lineEnd(int from, int to) {
        byte[] bytes = source;
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == '\r') {
                if (i + 1 == to) {
                    return -1;
                }
                if (bytes[i + 1] != '\n') {
                    throw malformed("A carriage return stands alone.");
                }
                at = i + 2;
                return i;
            }
            if ((b < 0x20 && b >= 0 && b != '\t') || b == 0x7f) {
                throw malformed(b == '\n' ? "A line ends without a carriage return." : "There is a control character.");
            }
        }
        return -1;
    }

    private void header(int from, int to) {
        int colon = from;
        while (colon < to && source[colon] >= 0 && TOKEN[source[colon]]) {
            colon++;
        }
        if (colon == from || colon == to || source[colon] != ':') {
            throw malformed("A header line is folded, or its name is not followed by a colon.");
        }
        int valueFrom = colon + 1;
        int valueTo = to;
        while (valueFrom < valueTo && isBlank(source[valueFrom])) {
            valueFrom++;
        }
        while (valueTo > valueFrom && isBlank(source[valueTo - 1])) {
            valueTo--;
        }
        switch (colon - from) {
            case 4 -> host(from, valueFrom, valueTo);
            case 6 -> acceptHeader(from, valueFrom, valueTo);
            case 10 -> connection(from, valueFrom, valueTo);
            case 14 -> contentLength(from, valueFrom, valueTo);
            case 17 -> transferEncoding(from, valueFrom, valueTo);
            default -> {}
        }
    }

    private void host(int from, int valueFrom, int valueTo) {
        if (!nameIs("host", from)) {
            return;
        }
        if (hosted) {
            throw malformed("There is more than one Host.");
        }
        for (int i = valueFrom; i < valueTo; i++) {
            if (source[i] <= ' ' || source[i] == '/' || source[i] == '@' || source[i] == ',') {
                throw malformed("The Host is not a host with a port.");
            }
        }
        hosted = true;
    }

    private void acceptHeader(int from, int valueFrom, int valueTo) {
        if (nameIs("accept", from)) {
            String value = text(valueFrom, valueTo);
            accept = accept == null ? value : accept + "," + value;
        } else if (nameIs("expect", from)) {
            if (!text(valueFrom, valueTo).equalsIgnoreCase("100-continue")) {
                throw new ProblemException(
                        ErrorCode.EXPECTATION_FAILED,
                        "The only expectation that is understood is 100-continue.",
                        "Send the request without this Expect header.");
            }
            expectsContinue = true;
        }
    }

    private void connection(int from, int valueFrom, int valueTo) {
        if (!nameIs("connection", from)) {
            return;
        }
        for (String option : text(valueFrom, valueTo).split(",", -1)) {
            String name = option.strip().toLowerCase(Locale.ROOT);
            close |= name.equals("close");
            keepAlive |= name.equals("keep-alive");
        }
    }

    private void contentLength(int from, int valueFrom, int valueTo) {
        if (!nameIs("content-length", from)) {
            return;
        }
        if (contentLength >= 0) {
            throw malformed("There is more than one Content-Length.");
        }
        // 18 digits always fit a long.
        if (valueFrom == valueTo || valueTo - valueFrom > 18) {
            throw malformed("The Content-Length is not a length.");
        }
        long length = 0;
        for (int i = valueFrom; i < valueTo; i++) {
            if (source[i] < '0' || source[i] > '9') {
                throw malformed("The Content-Length is not a number.");
            }
            length = length * 10 + source[i] - '0';
        }
        contentLength = length;
    }

    private void transferEncoding(int from, int valueFrom, int valueTo) {
        if (!nameIs("transfer-encoding", from)) {
            return;
        }
        String coding = text(valueFrom, valueTo).toLowerCase(Locale.ROOT);
        if (chunked) {
            throw malformed("There is more than one Transfer-Encoding.");
        }
        if (!coding.equals("chunked")) {
            if (!coding.substring(coding.lastIndexOf(',') + 1).strip().equals("chunked")) {
                throw malformed("The last transfer coding is not chunked, so that the end of the body is unknown.");
            }
            throw new ProblemException(
                    ErrorCode.NOT_IMPLEMENTED,
                    "The only transfer coding that is understood is chunked.",
                    "Send the body as it is, chunked or with a Content-Length.");
        }
        chunked = true;
    }

    private RequestHead head(int from, int lineFrom, int lineTo) {
        int methodTo = tokenEnd(lineFrom, lineTo);
        int targetTo = tokenEnd(Math.min(methodTo + 1, lineTo), lineTo);
        if (methodTo == lineFrom || targetTo <= methodTo + 1 || targetTo == lineTo) {
            throw malformed("The request line is not a method, a target and a version, each one space apart.");
        }
        for (int i = lineFrom; i < methodTo; i++) {
            if (source[i] < 0 || !TOKEN[source[i]]) {
                throw malformed("The method is not a token.");
            }
        }
        boolean http10 = isHttp10(targetTo + 1, lineTo);
        if (chunked && (contentLength >= 0 || http10)) {
            throw malformed(
                    http10
                            ? "HTTP/1.0 knows no Transfer-Encoding."
                            : "There are a Content-Length and a Transfer-Encoding.");
        }
        if (!http10 && !hosted) {
            throw malformed("There is no Host.");
        }
        int pathFrom = pathStart(methodTo + 1, targetTo);
        int pathTo = pathFrom;
        while (pathTo < targetTo && source[pathTo] != '?') {
            if (source[pathTo] == '#') {
                throw malformed("The target has a fragment; write a literal # as %23.");
            }
            pathTo++;
        }
        return new RequestHead(
                at - from,
                HttpMethod.of(source, lineFrom, methodTo),
                pathFrom == pathTo ? "/" : text(pathFrom, pathTo),
                pathTo < targetTo ? text(pathTo + 1, targetTo) : "",
                http10,
                http10 ? keepAlive && !close : !close,
                chunked ? -1 : Math.max(contentLength, 0),
                expectsContinue && !http10,
                accept);
    }

    /** True for HTTP/1.0, false for HTTP/1.1. */
    private boolean isHttp10(int from, int to) {
        if (to - from == 8 && source[from] == 'H' && text(from, to - 1).equals("HTTP/1.")) {
            if (source[to - 1] == '1') {
                return false;
            }
            if (source[to - 1] == '0') {
                return true;
            }
        }
        if (to - from == 8 && text(from, from + 5).equals("HTTP/")) {
            throw new ProblemException(
                    ErrorCode.VERSION_NOT_SUPPORTED, "The version " + text(from, to) + " is not supported.", REMEDY);
        }
        throw malformed("The request line does not end in a version of HTTP.");
    }

    /** Where the path begins: in a target with scheme and host (absolute form) behind these. */
    private int pathStart(int from, int to) {
        if (source[from] == '/') {
            return from;
        }
        String target = text(from, to);
        int scheme = target.indexOf("://");
        String name = scheme < 0 ? "" : target.substring(0, scheme).toLowerCase(Locale.ROOT);
        if (!name.equals("http") && !name.equals("https")) {
            return from;
        }
        int i = scheme + 3;
        while (i < target.length() && target.charAt(i) != '/' && target.charAt(i) != '?') {
            i++;
        }
        return from + i;
    }

    private int tokenEnd(int from, int to) {
        int end = from;
        while (end < to && source[end] != ' ') {
            if (source[end] == '\t') {
                throw malformed("There is a tab in the request line.");
            }
            end++;
        }
        return end;
    }

    private boolean nameIs(String lowerCase, int from) {
        for (int i = 0; i < lowerCase.length(); i++) {
            // Setting this bit makes a letter lower-case and leaves "-" as it is.
            if ((source[from + i] | 0x20) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String text(int from, int to) {
        return new String(source, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static boolean[] tokenBytes() {
        boolean[] token = new boolean[128];
        for (char c = 0; c < 128; c++) {
            token[c] = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }
        return token;
    }

    private static ProblemException malformed(String detail) {
        return new ProblemException(ErrorCode.MALFORMED_REQUEST, detail, REMEDY);
    }

    private static ProblemException tooLong(ErrorCode code, String what, int limit) {
        return new ProblemException(
                code,
                what + " is longer than the limit of " + limit + " bytes.",
                "Send a shorter one; the limit is fixed. The connection is closed.");
    }
}
