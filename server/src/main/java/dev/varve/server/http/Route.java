package dev.varve.server.http;

import dev.varve.protocol.HttpMethod;
import dev.varve.server.metrics.OperationKind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The paths that are served, with the methods that each takes. */
enum Route {
    PUT("/put", OperationKind.PUT, HttpMethod.PUT, false),
    READ("/read", OperationKind.READ, HttpMethod.GET, true),
    RANGE("/range", OperationKind.RANGE, HttpMethod.GET, false),
    BATCH_PUT("/batchput", OperationKind.BATCH_PUT, HttpMethod.POST, false),
    DELETE("/delete", OperationKind.DELETE, HttpMethod.DELETE, false),
    ROOT("/", OperationKind.OTHER, HttpMethod.GET, true),
    LIVEZ("/livez", OperationKind.OTHER, HttpMethod.GET, true),
    READYZ("/readyz", OperationKind.OTHER, HttpMethod.GET, true),
    METRICS("/metrics", OperationKind.OTHER, HttpMethod.GET, true);

    private static final Map<String, Route> BY_PATH = byPath();

    private final String path;
    private final OperationKind kind;
    private final HttpMethod method;
    private final boolean headToo;

    Route(String path, OperationKind kind, HttpMethod method, boolean headToo) {
        this.path = path;
        this.kind = kind;
        this.method = method;
        this.headToo = headToo;
    }

    /** The route of a path, or null if there is none. */
    static @Nullable Route of(String path) {
        return BY_PATH.get(path);
    }

    OperationKind kind() {
        return kind;
    }

    boolean takes(HttpMethod wanted) {
        return wanted == method || (headToo && wanted == HttpMethod.HEAD);
    }

    /** Its methods as the {@code Allow} header has them. */
    String allow() {
        return headToo ? method + ", " + HttpMethod.HEAD : method.name();
    }

    /** True if a body is read and not only thrown away. */
    boolean takesBody() {
        return this == PUT || this == BATCH_PUT;
    }

    private static Map<String, Route> byPath() {
        Map<String, Route> routes = new HashMap<>();
        for (Route route : values()) {
            routes.put(route.path, route);
        }
        return routes;
    }
}
