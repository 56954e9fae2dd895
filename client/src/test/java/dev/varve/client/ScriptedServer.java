package dev.varve.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;

/**
 * Takes one request per connection and answers it with the next of its scripted bytes. Then it closes the connection, or, if
 * it stalls, sends nothing more.
 */
final class ScriptedServer implements AutoCloseable {

    private final ServerSocket socket;
    private final Queue<String> answers = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    private final List<Socket> accepted = Collections.synchronizedList(new ArrayList<>());
    private final boolean stalls;

    ScriptedServer(String... answers) throws IOException {
        this(false, answers);
    }

    /** One that leaves its connections open. */
    static ScriptedServer stalling(String... answers) throws IOException {
        return new ScriptedServer(true, answers);
    }

    private ScriptedServer(boolean stalls, String... answers) throws IOException {
        this.stalls = stalls;
        this.answers.addAll(List.of(answers));
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    static String answer(String status, String headers, String body) {
        return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\nConnection: close\r\n\r\n" + body;
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    /** First line and body of each request, with a line end between them. */
    List<String> requests() {
        return requests;
    }

    private void serve() {
        try {
            while (!answers.isEmpty()) {
                Socket connection = socket.accept();
                accepted.add(connection);
                requests.add(read(connection.getInputStream()));
                connection.getOutputStream().write(answers.remove().getBytes(StandardCharsets.UTF_8));
                if (!stalls) {
                    connection.close();
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private static String read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the request broke off");
            }
            head.write(b);
        }
        int length = head.toString(StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
        String first =
                head.toString(StandardCharsets.ISO_8859_1).lines().findFirst().orElseThrow();
        return first + "\n" + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket connection : List.copyOf(accepted)) {
            connection.close();
        }
    }
}
