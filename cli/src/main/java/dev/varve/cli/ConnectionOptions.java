package dev.varve.cli;

import dev.varve.client.ClientOptions;
import dev.varve.client.VarveClient;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The options of every command that speaks to a server. */
public final class ConnectionOptions {

    private static final int OK = 200;

    @Option(
            names = {"-u", "--url"},
            paramLabel = "URL",
            defaultValue = "${env:VARVE_URL:-http://127.0.0.1:8080}",
            description = {
                "The server; several between commas: the next is used when one cannot be reached.",
                "Default: VARVE_URL of the environment, or http://127.0.0.1:8080."
            })
    private String url = "";

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long an answer may take to begin, or to go on, such as 500ms, 10s, 2m. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ZERO;

    /** The URLs as they were given. */
    public String url() {
        return url;
    }

    /** How long an answer may take. */
    public Duration timeout() {
        return timeout;
    }

    /**
     * A client of the server.
     *
     * @throws Usage if a URL or a duration is wrong
     */
    public VarveClient connect() {
        return connect(url, ClientOptions.defaults());
    }

    /** A client of these URLs, with the command's timeout. */
    public VarveClient connect(String urls, ClientOptions options) {
        try {
            return VarveClient.connect(urls, options.withRequestTimeout(timeout));
        } catch (IllegalArgumentException e) {
            throw new Usage("--url: " + e.getMessage());
        }
    }

    /**
     * What a page of the server says.
     *
     * @throws Failure if the server answers with another status than 200
     */
    public static String page(VarveClient client, String path) {
        VarveClient.Page page = client.page(path);
        if (page.status() != OK) {
            throw new Failure("The server answers " + page.status() + " to " + path + ".");
        }
        return page.text();
    }
}
