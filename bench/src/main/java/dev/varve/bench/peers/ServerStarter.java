package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Starts servers, asks them until they serve, and stops them at the end. */
final class ServerStarter implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration REQUEST = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 50;

    private final Processes processes;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> started = new ArrayList<>();

    ServerStarter(Processes processes) {
        this.processes = processes;
    }

    /** Starts a server, whose output goes to {@code NAME.log}. */
    void start(String name, List<String> command) {
        started.add(processes.start(name, command));
    }

    /**
     * Waits until a server is ready.
     *
     * @param name of the server that says why if it is not
     * @throws Failure if a server has ended, or it takes too long
     */
    void await(String name, BooleanSupplier ready) {
        long deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline && started.stream().allMatch(Process::isAlive)) {
            if (ready.getAsBoolean()) {
                return;
            }
            sleep();
        }
        throw new Failure(
                name + " is not ready after " + START.toSeconds() + " s, or has ended: " + processes.tail(name));
    }

    /** True if a page is there. */
    boolean answers(String url) {
        try {
            return send(HttpRequest.newBuilder(URI.create(url))).statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A page. */
    HttpResponse<String> get(String url) {
        return successful(HttpRequest.newBuilder(URI.create(url)));
    }

    /** The answer to JSON. */
    String post(String url, String body) {
        return successful(HttpRequest.newBuilder(URI.create(url)).POST(BodyPublishers.ofString(body)))
                .body();
    }

    private HttpResponse<String> successful(HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer = send(request);
            if (answer.statusCode() != 200) {
                throw new Failure(answer.uri() + " answered " + answer.statusCode() + ": " + answer.body());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.timeout(REQUEST).build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
    }

    /** An address of this machine on which nobody listens. */
    static String freeAddress() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        http.close();
        started.forEach(processes::stop);
    }
}
