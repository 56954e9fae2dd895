package dev.varve.client;

import static dev.varve.client.ScriptedServer.answer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class VarveClientTest {

    private static final byte[] KEY = "key".getBytes(UTF_8);
    private static final String OK = answer("200 OK", "", "");
    private static final String BUSY = answer(
            "503 Service Unavailable", "Retry-After: 3\r\n", "{\"code\":\"overloaded\",\"detail\":\"Too busy.\"}");

    /** Time that passes only in pauses. */
    private static final class FakeWaiter implements Waiter {
        private final List<Duration> pauses = new ArrayList<>();
        private long now;

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public void sleep(Duration pause) {
            pauses.add(pause);
            now += pause.toNanos();
        }
    }

    private final FakeWaiter waiter = new FakeWaiter();

    private VarveClient client(String urls) {
        return VarveClient.connect(urls, ClientOptions.defaults(), waiter);
    }

    private static String nobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }
    }

    @Test
    void putSendsAnyBytesAsTheKeyAndTheRawValue() throws IOException {
        try (ScriptedServer server = new ScriptedServer(OK);
                VarveClient client = client(server.url())) {
            client.put(new byte[] {0, (byte) 0xFF, ' ', '/', '&', '+', '%', 'a'}, "value".getBytes(UTF_8));
            assertThat(server.requests()).containsExactly("PUT /put?key=%00%FF%20%2F%26%2B%25a HTTP/1.1\nvalue");
        }
    }

    @Test
    void getReturnsTheBytesOrNullForAMissingKey() throws IOException {
        String missing = answer("404 Not Found", "", "{\"code\":\"key-not-found\",\"title\":\"There is no such key\"}");
        try (ScriptedServer server = new ScriptedServer(answer("200 OK", "", "value"), missing);
                VarveClient client = client(server.url())) {
            assertThat(client.get(KEY)).isEqualTo("value".getBytes(UTF_8));
            assertThat(client.get(KEY)).isNull();
        }
    }

    @Test
    void anEmptyValueIsNotAMissingKey() throws IOException {
        try (ScriptedServer server = new ScriptedServer(answer("200 OK", "", ""));
                VarveClient client = client(server.url())) {
            assertThat(client.get(KEY)).isEmpty();
        }
    }

    @Test
    void aNotFoundOfAnotherKindIsNoMissingKey() throws IOException {
        String stranger = answer("404 Not Found", "", "<html>nginx</html>");
        try (ScriptedServer server = new ScriptedServer(stranger);
                VarveClient client = client(server.url())) {
            assertThatThrownBy(() -> client.get(KEY))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("404")
                    .hasMessageContaining("nginx");
        }
    }

    @Test
    void deleteOfAMissingKeyIsToldByItsCodeThoughTheStatusIs500() throws IOException {
        String missing = answer("500 x", "", "{\"code\":\"key-not-found\",\"title\":\"There is no such key\"}");
        try (ScriptedServer server = new ScriptedServer(missing);
                VarveClient client = client(server.url())) {
            assertThatThrownBy(() -> client.delete(KEY)).isInstanceOf(NotFoundException.class);
        }
    }

    @Test
    void theNextServerIsUsedWhenOneCannotBeReached() throws IOException {
        try (ScriptedServer server = new ScriptedServer(OK, OK);
                VarveClient client = client(nobody() + "," + server.url())) {
            client.put(KEY, KEY);
            client.put(KEY, KEY);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void nobodyReachableIsSaidWithTheAddressesAndWhatToDo() throws IOException {
        String url = nobody();
        try (VarveClient client = client(url)) {
            assertThatThrownBy(() -> client.put(KEY, KEY))
                    .isInstanceOf(UnreachableException.class)
                    .hasMessageContaining(url)
                    .hasMessageContaining("varve server");
        }
    }

    @Test
    void aConnectionThatBreaksAfterAWriteWasSentLeavesItsOutcomeUnknownAndIsNotRepeated() throws IOException {
        try (ScriptedServer server = new ScriptedServer("", OK);
                VarveClient client = client(server.url() + "," + server.url())) {
            assertThatThrownBy(() -> client.put(KEY, KEY)).isInstanceOf(OutcomeUnknownException.class);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void theServersOwnUnknownOutcomeIsPassedOn() throws IOException {
        String unknown = answer("504 x", "", "{\"code\":\"outcome-unknown\",\"detail\":\"Who knows.\"}");
        try (ScriptedServer server = new ScriptedServer(unknown);
                VarveClient client = client(server.url())) {
            assertThatThrownBy(() -> client.put(KEY, KEY))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessage("Who knows.");
        }
    }

    @Test
    void aBusyServerIsTriedAgainAfterThePauseItAsksFor() throws IOException {
        try (ScriptedServer server = new ScriptedServer(BUSY, BUSY, OK);
                VarveClient client = client(server.url())) {
            client.put(KEY, KEY);
            assertThat(waiter.pauses).containsExactly(Duration.ofSeconds(3), Duration.ofSeconds(3));
        }
    }

    @Test
    void aServerThatStaysBusyIsGivenUpInBoundedTime() throws IOException {
        try (ScriptedServer server = new ScriptedServer(BUSY, BUSY, BUSY, BUSY, BUSY, BUSY);
                VarveClient client = client(server.url())) {
            assertThatThrownBy(() -> client.put(KEY, KEY))
                    .isInstanceOfSatisfying(
                            OverloadedException.class,
                            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(3)))
                    .hasMessage("Too busy.");
            assertThat(waiter.pauses).hasSize(3);
        }
    }

    @Test
    void aRefusalCarriesStatusCodeAndRemedy() throws IOException {
        String refusal = answer(
                "413 x",
                "",
                "{\"type\":\"t\",\"status\":413,\"code\":\"value-too-large\",\"title\":\"The value is too large\","
                        + "\"detail\":\"9 bytes, limit 8\",\"remedy\":\"Raise --max-value.\"}");
        try (ScriptedServer server = new ScriptedServer(refusal);
                VarveClient client = client(server.url())) {
            assertThatThrownBy(() -> client.put(KEY, KEY))
                    .isInstanceOfSatisfying(RefusedException.class, e -> {
                        assertThat(e.status()).isEqualTo(413);
                        assertThat(e.code()).isEqualTo("value-too-large");
                    })
                    .hasMessage("9 bytes, limit 8. Raise --max-value.");
        }
    }

    @Test
    void aRangeWhoseChunkedAnswerBreaksOffIsAnError() throws IOException {
        String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        String entry = "[{\"key\":\"a\",\"value\":\"1\"}]";
        String chunk = Integer.toHexString(entry.length()) + "\r\n" + entry + "\r\n";
        try (ScriptedServer server = new ScriptedServer(head + chunk, head + chunk + "0\r\n\r\n");
                VarveClient client = client(server.url())) {
            try (RangeReader broken = client.range(RangeQuery.prefix(KEY))) {
                assertThat(broken.next()).isNotNull();
                assertThatThrownBy(broken::next).isInstanceOf(InterruptedAnswerException.class);
                assertThat(broken.lastKey()).isEqualTo(new byte[] {'a'});
            }
            try (RangeReader whole = client.range(RangeQuery.prefix(KEY))) {
                assertThat(whole.next()).isNotNull();
                assertThat(whole.next()).isNull();
            }
        }
    }

    private static VarveClient impatient(ScriptedServer server) {
        return VarveClient.connect(server.url(), ClientOptions.defaults().withRequestTimeout(Duration.ofMillis(200)));
    }

    @Test
    @Timeout(60)
    void aServerThatStopsSendingWithinAValueIsGivenUpAfterTheTimeout() throws IOException {
        String begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";
        try (ScriptedServer server = ScriptedServer.stalling(begun);
                VarveClient client = impatient(server)) {
            assertThatThrownBy(() -> client.get(KEY))
                    .isInstanceOf(InterruptedAnswerException.class)
                    .hasMessageContaining("GET /read")
                    .hasMessageContaining("within 200 ms");
        }
    }

    @Test
    @Timeout(60)
    void aServerThatStopsSendingWithinTheAnswerToAWriteLeavesItsOutcomeUnknown() throws IOException {
        String begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";
        try (ScriptedServer server = ScriptedServer.stalling(begun);
                VarveClient client = impatient(server)) {
            assertThatThrownBy(() -> client.put(KEY, KEY)).isInstanceOf(OutcomeUnknownException.class);
            assertThat(server.requests()).as("it is not repeated").hasSize(1);
        }
    }

    @Test
    @Timeout(60)
    void aServerThatStopsSendingWithinARangeIsGivenUpAfterTheTimeout() throws IOException {
        String entry = "[{\"key\":\"a\",\"value\":\"1\"},";
        String begun = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(entry.length())
                + "\r\n" + entry + "\r\n";
        try (ScriptedServer server = ScriptedServer.stalling(begun);
                VarveClient client = impatient(server);
                RangeReader range = client.range(RangeQuery.prefix(KEY))) {
            assertThat(range.next()).isNotNull();
            assertThatThrownBy(range::next)
                    .isInstanceOf(InterruptedAnswerException.class)
                    .hasMessageContaining("behind the key 'a'")
                    .hasMessageContaining("nothing more for 200 ms");
            assertThat(range.lastKey()).isEqualTo(new byte[] {'a'});
        }
    }

    @Test
    void aRangeAsksForItsPage() throws IOException {
        try (ScriptedServer server = new ScriptedServer(answer("200 OK", "", "[]"));
                VarveClient client = client(server.url())) {
            RangeQuery page = RangeQuery.between(KEY, new byte[] {(byte) 0xFF})
                    .withAfter(new byte[] {'k', 0})
                    .withLimit(7);
            try (RangeReader reader = client.range(page)) {
                assertThat(reader.next()).isNull();
            }
            assertThat(server.requests()).containsExactly("GET /range?start=key&end=%FF&after=k%00&limit=7 HTTP/1.1\n");
        }
    }

    @Test
    void anythingButAServersUrlIsRefused() {
        for (String url : List.of("", ",", "ftp://a", "http://", "http://a b", "http://a?x", "http://a#b")) {
            assertThatThrownBy(() -> VarveClient.connect(url))
                    .as(url)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("http://HOST:PORT");
        }
        try (VarveClient client = VarveClient.connect("localhost:1, https://b:2/x/")) {
            assertThat(client.servers()).map(Object::toString).containsExactly("http://localhost:1", "https://b:2/x");
        }
    }
}
