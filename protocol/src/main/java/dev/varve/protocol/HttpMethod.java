package dev.varve.protocol;

/** The methods that some route takes, and {@link #OTHER} for all the rest. */
public enum HttpMethod {
    GET,
    HEAD,
    PUT,
    POST,
    DELETE,
    OTHER;

    /** The method that is written in the given bytes; methods are case-sensitive. */
    static HttpMethod of(byte[] source, int from, int to) {
        for (HttpMethod method : METHODS) {
            String name = method.name();
            if (name.length() == to - from && matches(name, source, from)) {
                return method;
            }
        }
        return OTHER;
    }

    private static final HttpMethod[] METHODS = {GET, PUT, DELETE, POST, HEAD};

    private static boolean matches(String name, byte[] source, int from) {
        for (int i = 0; i < name.length(); i++) {
            if (source[from + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
