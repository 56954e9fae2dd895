package dev.varve.server.http;

import dev.varve.server.metrics.OperationKind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The paths that are served, with the methods that each takes. */
enum Route {
    PUT("/put", OperationKind.PUT, "PUT", false),
    READ("/read", OperationKind.READ, "GET", true),
    RANGE("/range", OperationKind.RANGE, "GET", false),
    BATCH_PUT("/batchput", OperationKind.BATCH_PUT, "POST", false),
    DELETE("/delete", OperationKind.DELETE, "DELETE", false),
    ROOT("/", OperationKind.OTHER, "GET", true),
    LIVEZ("/livez", OperationKind.OTHER, "GET", true),
    READYZ("/readyz", OperationKind.OTHER, "GET", true),
    METRICS("/metrics", OperationKind.OTHER, "GET", true),
    CLUSTER("/v1/cluster", OperationKind.OTHER, "GET", true),
    MEMBERS("/v1/cluster/members", OperationKind.OTHER, "POST, DELETE", false),
    /** Of one member, whose name stands before this in the path. */
    PROMOTE("/promote", OperationKind.OTHER, "POST", false),
    TRANSFER("/v1/cluster/transfer-leadership", OperationKind.OTHER, "POST", false),
    COMPARE("/v1/cluster/compare", OperationKind.OTHER, "POST", false),
    DIGESTS("/v1/cluster/digests", OperationKind.OTHER, "GET", true),
    DAMAGE("/v1/admin/damage", OperationKind.OTHER, "GET", true),
    SCRUB("/v1/admin/scrub", OperationKind.OTHER, "POST", false);

    private static final Map<String, Route> BY_PATH = byPath();

    private final String path;
    private final OperationKind kind;
    private final String allow;

    Route(String path, OperationKind kind, String methods, boolean headToo) {
        this.path = path;
        this.kind = kind;
        this.allow = headToo ? methods + ", HEAD" : methods;
    }

    /** The route of a path, or null if there is none. */
    static @Nullable Route of(String path) {
        return path.startsWith(MEMBERS.path + "/") && path.endsWith(PROMOTE.path) ? PROMOTE : BY_PATH.get(path);
    }

    /** The name of the member in a path of {@link #PROMOTE}, as it stands there. */
    static String member(String path) {
        return path.substring(
                MEMBERS.path.length() + 1, Math.max(MEMBERS.path.length() + 1, path.length() - PROMOTE.path.length()));
    }

    OperationKind kind() {
        return kind;
    }

    boolean takes(String wanted) {
        return (", " + allow + ", ").contains(", " + wanted + ", ");
    }

    /** Its methods as the {@code Allow} header has them. */
    String allow() {
        return allow;
    }

    /** True if it changes what is stored. */
    boolean writes() {
        return this == PUT || this == BATCH_PUT || this == DELETE;
    }

    /** True if a body is read and not only thrown away. */
    boolean takesBody() {
        return this == PUT || this == BATCH_PUT;
    }

    private static Map<String, Route> byPath() {
        Map<String, Route> routes = new HashMap<>();
        for (Route route : values()) {
            if (route != PROMOTE) {
                routes.put(route.path, route);
            }
        }
        return routes;
    }
}
